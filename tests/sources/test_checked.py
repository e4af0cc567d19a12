"""The client that trusts no address: schemes, resolved addresses, redirections, sizes and times."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swath.errors import DataError, InputError
from swath.sources.checked import Limits, fetch_file, fetch_text, is_public
from tests.sources.server import Reply, Server, served

HERE = Limits(private=True)


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as state:
        yield state


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.5.5",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
        ),
        *(
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
        ),
        *(
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::a00:1",
        ),
        *("::127.0.0.1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "not an address", ""),
    ],
)
def test_addresses_that_are_not_of_the_public_network(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]
)
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


def test_a_file_is_fetched_whole_with_its_hash(server: Server, tmp_path: Path) -> None:
    body = bytes(range(256)) * 9000
    server.say("/a b.tif", Reply(body))
    server.say("/a.tif", Reply(body))
    fetched = fetch_file(f"{server.url}/a.tif?x=1", tmp_path / "a.tif", limits=HERE)
    assert (tmp_path / "a.tif").read_bytes() == body and fetched.sha256 == hashlib.sha256(body).hexdigest()
    assert fetched.address == "127.0.0.1" and server.asked[0].path == "/a.tif?x=1"
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_this_machine_is_refused_unless_it_is_meant(server: Server, tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f.1"):
        with pytest.raises((InputError, DataError), match=r"not on the public|no address"):
            fetch_file(server.url.replace("127.0.0.1", host), tmp_path / "a", resolve=lambda h, p: _as_libc(h))
    assert server.asked == [] and list(tmp_path.iterdir()) == []


def _as_libc(host: str) -> list[str]:
    """Odd spellings of an address as the C library reads them."""
    if host == "localhost":
        return ["127.0.0.1", "::1"]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [host]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.com/a",
            "gopher://x/",
            "/vsicurl/http://x/",
            "data:text/plain,x",
            "https://",
        ),
        *(
            "http://u:p@example.com/",
            "http://example.com:0/",
            "http://example.com:99999/",
            "http://exa mple.com/",
            "http://[::1",
        ),
        *("http://example.com/\r\nX: y", "http://exämple.com/", "", "//example.com/a", "http:///a"),
    ],
)
def test_other_schemes_and_odd_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        fetch_file(url, tmp_path / "a", limits=HERE, resolve=lambda h, p: pytest.fail("was resolved"))


def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not on the public"):
        fetch_file("http://example.com/a", tmp_path / "a", resolve=lambda h, p: ["93.184.216.34", "10.0.0.1"])


def test_the_connection_goes_to_the_address_that_was_checked(server: Server, tmp_path: Path) -> None:
    """A name that leads elsewhere the second time (DNS rebinding) is resolved once only."""
    server.say("/a", Reply(b"x"))
    answers = [["127.0.0.1"], ["10.255.255.1"]]
    port = server.url.rpartition(":")[2]
    fetched = fetch_file(
        f"http://rebound.test:{port}/a", tmp_path / "a", limits=HERE, resolve=lambda h, p: answers.pop(0)
    )
    assert fetched.address == "127.0.0.1" and len(answers) == 1
    assert server.asked[0].headers["host"].startswith("rebound.test")


def test_redirections_are_checked_like_first_addresses(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.say("/good", Reply(b"", 302, {"Location": "/a"}))
    server.say("/a", Reply(b"here"))
    server.say("/bad", Reply(b"", 302, {"Location": "http://169.254.169.254/latest/meta-data"}))
    server.say("/file", Reply(b"", 302, {"Location": "file:///etc/passwd"}))
    server.say("/round", Reply(b"", 302, {"Location": "/round"}))
    server.say("/nowhere", Reply(b"", 302))
    assert fetch_text(f"{server.url}/good", limits=HERE, scratch=tmp_path)[0] == b"here"
    seen: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        seen.append(host)
        return ["127.0.0.1"] if host == "127.0.0.1" else ["169.254.169.254"]

    import swath.sources.checked as checked

    real = checked.is_public
    monkeypatch.setattr(checked, "is_public", lambda a: a == "127.0.0.1" or real(a))
    with pytest.raises(InputError, match=r"169\.254"):
        fetch_file(f"{server.url}/bad", tmp_path / "a", resolve=resolve)
    assert seen == ["127.0.0.1", "169.254.169.254"]
    for path, kind in (("file", InputError), ("round", DataError), ("nowhere", DataError)):
        with pytest.raises(kind):
            fetch_file(f"{server.url}/{path}", tmp_path / "a", limits=HERE)
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_long_short_or_compressed_is_refused(server: Server, tmp_path: Path) -> None:
    less = Limits(most_bytes=1000, private=True)
    server.say("/long", Reply(bytes(2000)))
    server.say("/short", Reply(bytes(500), told_bytes=900))
    server.say("/packed", Reply(b"x", 200, {"Content-Encoding": "gzip"}))
    server.say("/gone", Reply(b"x", 404))
    for path, why in (("long", "longer than"), ("short", "missing|broke"), ("packed", "gzip"), ("gone", "HTTP 404")):
        with pytest.raises(DataError, match=why):
            fetch_file(f"{server.url}/{path}", tmp_path / "a", limits=less)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["head", "body", "nothing"])
def test_a_server_that_dribbles_is_left(part: str, tmp_path: Path) -> None:
    """One byte now and then keeps any single wait short: the whole has a limit of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        stop = threading.Event()

        def dribble() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                if part == "body":
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"" if part == "nothing" else b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        with pytest.raises(DataError):
            fetch_file(url, tmp_path / "a", limits=Limits(private=True, whole_s=0.6, silence_s=0.5))
        stop.set()
        thread.join()
        assert list(tmp_path.iterdir()) == []
