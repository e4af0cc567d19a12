"""Files from addresses that somebody else wrote: fetched by a client that trusts none of them.

An item of a catalogue may name any address. Only http and https are asked; the name is resolved once, every address it
has is held against the networks that are not the public one (this machine, private, link-local, shared, reserved ...),
and the connection goes to the very address that was checked, so that a second answer of the name server changes
nothing. Each redirection is checked the same way. Size and time are limited, and what comes compressed is refused.
Nothing is handed to GDAL but files on disk.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from swath import __version__
from swath.errors import DataError, InputError

__all__ = [
    "Fetched",
    "Limits",
    "Posted",
    "addresses_of",
    "checked_connection",
    "fetch_file",
    "fetch_text",
    "is_public",
    "post",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_CHUNK = 1 << 20
_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_MOVED_WITH_BODY = (307, 308)
_AGENT = f"swath/{__version__} (ground system)"


@dataclass(frozen=True)
class Limits:
    """What one fetch may cost, and where it may go."""

    most_bytes: int = 3_000_000_000
    whole_s: float = 3600.0
    """for the whole of it, redirections in it"""
    silence_s: float = 30.0
    """without a byte"""
    private: bool = False
    """may it go to this machine and to private networks?"""


_POST_LIMITS = Limits(whole_s=60.0, silence_s=20.0)


@dataclass(frozen=True)
class Fetched:
    """What was fetched, and from where in the end."""

    url: str
    address: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Posted:
    """What came of posting something."""

    status: int
    """of HTTP"""
    url: str
    """where it went in the end"""
    said: str
    """the first words of the answer"""

    @property
    def taken(self) -> bool:
        """Has the server taken it?"""
        return 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Is this the address of a machine on the public network? What stands for another address is looked through."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        packed = found.packed
        if packed[:12] == b"\x00\x64\xff\x9b" + bytes(8) or (packed[:12] == bytes(12) and packed[12:] > b"\0\0\0\1"):
            inner = ipaddress.IPv4Address(packed[12:])  # NAT64, and the old form of embedding
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def addresses_of(host: str, port: int) -> list[str]:
    """What does the name server say? Every address of a host. :class:`DataError` where it has none."""
    try:
        return list(
            dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        )
    except OSError as error:
        raise DataError(
            f"no address of {host}: {error.strerror}", where=host, fix="Look at the name and the network"
        ) from error


def fetch_text(
    url: str, *, limits: Limits = Limits(), resolve: Resolve = addresses_of, scratch: Path, most_bytes: int = 20_000_000
) -> tuple[bytes, Fetched]:
    """A short answer as bytes; see :func:`fetch_file`."""
    part = scratch / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.answer"
    less = Limits(min(most_bytes, limits.most_bytes), limits.whole_s, limits.silence_s, limits.private)
    fetched = fetch_file(url, part, limits=less, resolve=resolve)
    try:
        return part.read_bytes(), fetched
    finally:
        part.unlink(missing_ok=True)


def fetch_file(url: str, out: Path, *, limits: Limits = Limits(), resolve: Resolve = addresses_of) -> Fetched:
    """Fetch one file; ``out`` appears when it is whole.

    Raises :class:`InputError` for an address that may not be asked (scheme, name and password in it, not public),
    :class:`DataError` for what goes wrong on the way or is too much.
    """
    ends = time.monotonic() + limits.whole_s
    for _ in range(_REDIRECTS + 1):
        host, port, target, secure = _parts(url)
        connection, address = _connected(host, port, secure, limits, resolve, ends)
        # A server may send byte by byte for ever: each byte is in time, the whole is not.
        watch = threading.Timer(_left(ends, url), _cut, [connection.sock])
        watch.daemon = True
        watch.start()
        try:
            response = _ask(connection, target, host, url)
            if response.status in _MOVED:
                url = _moved(url, response)
                continue
            if response.status != 200:
                raise DataError(f"HTTP {response.status} {response.reason}", where=url, fix="Look at the address")
            size, digest = _save(response, out, url, limits, ends)
            return Fetched(url, address, size, digest)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            raise DataError(f"broke off: {str(error) or type(error).__name__}", where=url, fix="Try again") from error
        finally:
            watch.cancel()
            connection.close()
    raise DataError(f"moved more than {_REDIRECTS} times", where=url, fix="Give the address it ends at")


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    limits: Limits = _POST_LIMITS,
    resolve: Resolve = addresses_of,
) -> Posted:
    """Post something to an address, and what was answered, whatever it was.

    Raises what :func:`fetch_file` raises where no answer came or the address may not be asked.
    """
    ends = time.monotonic() + limits.whole_s
    for _ in range(_REDIRECTS + 1):
        host, port, target, secure = _parts(url)
        connection, _ = _connected(host, port, secure, limits, resolve, ends)
        watch = threading.Timer(_left(ends, url), _cut, [connection.sock])
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", target, body, {"User-Agent": _AGENT, "Connection": "close", **headers})
            response = connection.getresponse()
            if response.status in _MOVED_WITH_BODY:
                url = _moved(url, response)
                continue
            said = response.read(2000).decode("utf-8", "replace")
            return Posted(response.status, url, " ".join(said.split())[:200])
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            raise DataError(f"broke off: {str(error) or type(error).__name__}", where=host, fix="Try again") from error
        finally:
            watch.cancel()
            connection.close()
    raise DataError(f"moved more than {_REDIRECTS} times", where=url, fix="Give the address it ends at")


def checked_connection(
    host: str, port: int, *, limits: Limits = Limits(), resolve: Resolve = addresses_of
) -> socket.socket:
    """A connection to a host, for other protocols, with the same checks of its addresses."""
    return _raw(host, port, limits, resolve, time.monotonic() + limits.whole_s)[0]


def _parts(url: str) -> tuple[str, int, str, bool]:
    """Host, port, path with query, and whether it is https. :class:`InputError` for an address that may not be."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        good = (
            parts.scheme in ("http", "https") and host != "" and url.isascii() and url.isprintable() and " " not in url
        )
        host.encode("idna")
    except (ValueError, UnicodeError):
        good, parts, host, port = False, urlsplit(""), "", None
    if not good or port == 0:
        raise InputError(f"{url[:80]!r} is no address to fetch from", where="href", fix="Only https:// and http:// are")
    if parts.username or parts.password:
        raise InputError("an address with a name or password in it", where=host, fix="Leave them out")
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port or (443 if secure else 80), target, secure


def _connected(
    host: str, port: int, secure: bool, limits: Limits, resolve: Resolve, ends: float
) -> tuple[http.client.HTTPConnection, str]:
    """A connection to an address that was checked: never to one that the name is resolved to later."""
    raw, address = _raw(host, port, limits, resolve, ends)
    connection = http.client.HTTPConnection(host, port, timeout=limits.silence_s)
    try:
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(raw, server_hostname=host) if secure else raw
    except OSError as error:
        raw.close()
        raise DataError(f"no secure connection: {error}", where=host, fix="Look at the address") from error
    return connection, address


def _raw(host: str, port: int, limits: Limits, resolve: Resolve, ends: float) -> tuple[socket.socket, str]:
    found = list(resolve(host, port))
    if not found:
        raise DataError(f"no address of {host}", where=host, fix="Look at the name and the network")
    # One private address among public ones is how a name is made to lead inside: none of them is used then.
    if not limits.private and not all(is_public(address) for address in found):
        raise InputError(
            f"{host} is not on the public network ({', '.join(found[:3])})",
            where=host,
            fix="If you mean it, allow it with --private",
        )
    why: OSError | None = None
    for address in found:
        left = _left(ends, host)
        try:
            return socket.create_connection((address, port), timeout=min(limits.silence_s, left)), address
        except OSError as error:
            why = error
    raise DataError(f"cannot be reached: {why}", where=host, fix="Look at the network")


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _left(ends: float, where: str) -> float:
    left = ends - time.monotonic()
    if left <= 0.0:
        raise DataError("takes too long", where=where, fix="Try again, or allow more time")
    return left


def _ask(connection: http.client.HTTPConnection, target: str, host: str, url: str) -> http.client.HTTPResponse:
    connection.putrequest("GET", target, skip_accept_encoding=True)
    connection.putheader("User-Agent", _AGENT)
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    connection.endheaders()
    response = connection.getresponse()
    coding = response.headers.get("Content-Encoding", "identity").lower()
    if response.status == 200 and coding != "identity":
        raise DataError(f"comes as {coding}, which was not asked for", where=url, fix="Ask another server")
    return response


def _moved(url: str, response: http.client.HTTPResponse) -> str:
    """Where to ask next; checked like the first address. Never from https back to http."""
    place = response.headers.get("Location", "")
    following = urljoin(url, place)
    if not place:
        raise DataError("moved to nowhere", where=url, fix="Look at the address")
    if url.startswith("https:") and not following.startswith("https:"):
        raise InputError("moved from https to something less", where=url, fix="Give the address it ends at")
    return following


def _save(response: http.client.HTTPResponse, out: Path, url: str, limits: Limits, ends: float) -> tuple[int, str]:
    told = response.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > limits.most_bytes:
        raise DataError(_too_long(limits), where=url, fix="Fetch it by hand and give the file")
    digest, size = hashlib.sha256(), 0
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as file:
            while block := response.read1(_CHUNK):
                size += len(block)
                if size > limits.most_bytes:
                    raise DataError(_too_long(limits), where=url, fix="Fetch it by hand and give the file")
                _left(ends, url)
                digest.update(block)
                file.write(block)
        if response.length:
            raise DataError(f"{response.length} bytes are missing", where=url, fix="Try again")
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return size, digest.hexdigest()


def _too_long(limits: Limits) -> str:
    return f"is longer than {limits.most_bytes / 1e6:.0f} MB"
