"""CelesTrak, Space-Track and web addresses against a server on this machine: polite, cached, and honest about age."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.sources import celestrak, spacetrack, web
from swath.sources.cache import Cache
from swath.sources.elements import fetch_elements, fetch_known, read_elements
from swath.sources.provenance import in_words
from swath.time import seconds
from tests.orbit.messages import FORMS, fields_of
from tests.orbit.test_elements import ONE, TWO, changed
from tests.sources.server import Reply, Server, served

START = np.datetime64("2026-05-08T06:00:00", "ns")
GP, LOGIN, DATA = "/gp.php", "/ajaxauth/login", "/basicspacedata/query/class/gp/NORAD_CAT_ID/25544/orderby"
# What CelesTrak answers, with status 403, to a second download within two hours (github.com/OpenSpace/OpenSpace issue
# 3973 of 27 March 2026); and, with status 200, to a query without results.
RENEWED_403 = (
    b"GP data has not updated since your last successful\ndownload of GROUP=starlink at 2026-03-27 08:11:36 UTC.\n"
    b"Data is updated once every 2 hours."
)
NO_DATA = b"No GP data found"


def iss(day: int = 127) -> bytes:
    return FORMS["celestrak json"]([fields_of("ISS (ZARYA)", changed(ONE, 18, f"26{day}.76405751"), TWO)]).encode()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> np.datetime64:
        return self.now

    def later(self, by_s: float) -> None:
        self.now = self.now + seconds(by_s)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with served() as one:
        monkeypatch.setenv("SWATH_CELESTRAK", one.url + GP)
        monkeypatch.setenv("SWATH_SPACETRACK", one.url)
        monkeypatch.delenv("SWATH_OFFLINE", raising=False)
        yield one


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Cache:
    return Cache(tmp_path / "kept", clock=clock)


def test_a_query_is_not_asked_twice_in_two_hours(server: Server, cache: Cache, clock: Clock) -> None:
    server.say(GP, Reply(iss(127)), Reply(iss(128)))
    first = read_elements("celestrak:stations", cache=cache)
    assert [one.name for one in first.elements] == ["ISS (ZARYA)"]
    assert server.asked[0].path == f"{GP}?GROUP=stations&FORMAT=JSON"
    assert server.asked[0].headers["user-agent"].startswith("swath/")
    clock.later(7199.0)
    assert read_elements("celestrak:stations", cache=cache) == first
    assert read_elements("celestrak:Stations", cache=cache).elements[0].epoch == first.elements[0].epoch
    assert len(server.asked) == 1
    clock.later(2.0)
    second = read_elements("celestrak:stations", cache=cache)
    assert second.elements[0].epoch > first.elements[0].epoch
    assert len(server.asked) == 2


def test_a_server_that_says_not_changed_is_believed(server: Server, cache: Cache, clock: Clock) -> None:
    headers = {"ETag": '"abc"', "Last-Modified": "Fri, 08 May 2026 05:00:00 GMT"}
    server.say(GP, Reply(iss(), headers=headers), Reply(b"", 304))
    first = fetch_elements("celestrak:25544", cache=cache)
    clock.later(8000.0)
    second = fetch_elements("celestrak:25544", cache=cache)
    assert server.asked[1].headers["if-none-match"] == '"abc"'
    assert server.asked[1].headers["if-modified-since"] == headers["Last-Modified"]
    assert second.loaded == first.loaded
    assert second.provenance[0].fetched == clock.now
    clock.later(100.0)
    fetch_elements("celestrak:25544", cache=cache)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [301, 403, 404, 429, 500, 503])
def test_a_refusal_ends_all_questions_to_the_host_for_two_hours(
    server: Server, cache: Cache, clock: Clock, status: int
) -> None:
    server.say(GP, Reply(iss()), Reply(RENEWED_403, status), Reply(iss(128)))
    kept = fetch_elements("celestrak:stations", cache=cache)
    clock.later(7201.0)
    again = fetch_elements("celestrak:stations", cache=cache)
    assert again.loaded == kept.loaded
    (told,) = again.told()
    assert told["told"].startswith("celestrak, fetched 2 hours ago (HTTP ")
    assert "GP data has not updated since your last successful download" in told["told"]
    for query in ("stations", "active", "25544"):
        if query == "stations":
            assert "not asked again for 2 hours" in fetch_elements(f"celestrak:{query}", cache=cache).told()[0]["told"]
        else:
            with pytest.raises(DataError, match=r"not asked again for 2 hours.*GP data has not updated"):
                fetch_elements(f"celestrak:{query}", cache=cache)
    assert len(server.asked) == 2
    clock.later(7201.0)
    assert fetch_elements("celestrak:stations", cache=cache).loaded != kept.loaded


def test_a_server_says_itself_how_long_to_wait(server: Server, cache: Cache, clock: Clock) -> None:
    server.say(GP, Reply(b"slow down", 429, {"Retry-After": "60"}), Reply(iss()))
    with pytest.raises(DataError, match=r"HTTP 429.*slow down"):
        read_elements("celestrak:stations", cache=cache)
    clock.later(59.0)
    with pytest.raises(DataError, match="not asked again for 1 s"):
        read_elements("celestrak:stations", cache=cache)
    clock.later(2.0)
    assert read_elements("celestrak:stations", cache=cache).elements


@pytest.mark.parametrize("answer", [Reply(NO_DATA), Reply(b"<html>maintenance</html>")])
def test_a_bad_answer_never_replaces_a_good_one(server: Server, cache: Cache, clock: Clock, answer: Reply) -> None:
    server.say(GP, Reply(iss()), answer)
    good = fetch_elements("celestrak:25544", cache=cache)
    clock.later(86400.0)
    kept = fetch_elements("celestrak:25544", cache=cache)
    assert kept.loaded == good.loaded
    assert kept.told()[0]["told"].startswith("celestrak, fetched 24 hours ago (")
    clock.later(60.0)
    fetch_elements("celestrak:25544", cache=cache)
    assert len(server.asked) == 2  # it has nothing: asking again at once would change nothing
    with pytest.raises(DataError, match=r"No GP data found|maintenance"):
        fetch_elements("celestrak:99999", cache=cache)


def test_without_network_the_kept_set_is_given_with_its_age(server: Server, cache: Cache, clock: Clock) -> None:
    server.say(GP, Reply(iss()))
    good = fetch_elements("celestrak:25544", cache=cache)
    clock.later(3 * 86400.0)
    off = fetch_elements("celestrak:25544", cache=replace(cache, offline=True))
    assert off.loaded == good.loaded
    assert off.told()[0]["told"] == "celestrak, fetched 3 days ago (the network is switched off)"
    assert len(server.asked) == 1
    with pytest.raises(DataError, match="nothing to give: the network is switched off"):
        fetch_elements("celestrak:active", cache=replace(cache, offline=True))


def test_a_server_that_is_gone_is_told_of_and_asked_again(
    server: Server, cache: Cache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWATH_CELESTRAK", "http://127.0.0.1:9/gp.php")  # the discard port: nobody listens
    with pytest.raises(DataError, match=r"no answer from 127.0.0.1: Connection refused"):
        fetch_elements("celestrak:25544", cache=cache)
    with pytest.raises(DataError, match="no answer"):  # no waiting for a network that may be back any moment
        fetch_elements("celestrak:25544", cache=cache)


def test_an_answer_that_breaks_off_or_is_too_long_is_none(
    server: Server, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.say("/a.tle", Reply(iss(), told_bytes=100_000))
    with pytest.raises(DataError, match="broke off"):
        read_elements(f"{server.url}/a.tle", cache=cache)
    monkeypatch.setattr(web, "MAX_BYTES", 100)
    server.say("/b.tle", Reply(iss()))
    with pytest.raises(DataError, match="the answer is longer than"):
        read_elements(f"{server.url}/b.tle", cache=cache)
    assert not list(cache.folder.glob("*.kept"))


def test_a_damaged_entry_is_not_believed(server: Server, cache: Cache) -> None:
    server.say(GP, Reply(iss()))
    read_elements("celestrak:25544", cache=cache)
    (entry,) = cache.folder.glob("*.kept")
    entry.write_bytes(entry.read_bytes().replace(b"15.49060134", b"15.49060135"))
    read_elements("celestrak:25544", cache=cache)
    assert len(server.asked) == 2
    for content in (b"", b"{}", b'{"fetched": 3}\n', b"\xff\n"):
        entry.write_bytes(content)
        assert read_elements("celestrak:25544", cache=cache).elements
    assert not list(cache.folder.glob("*.part"))


def test_a_clock_that_was_set_back_does_not_keep_a_set_for_ever(server: Server, cache: Cache, clock: Clock) -> None:
    server.say(GP, Reply(iss()))
    clock.later(86400.0)
    read_elements("celestrak:25544", cache=cache)
    clock.later(-86400.0)
    read_elements("celestrak:25544", cache=cache)
    assert len(server.asked) == 2


def test_spacetrack_is_not_asked_more_than_it_allows(
    server: Server, cache: Cache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACETRACK_IDENTITY", "me")
    monkeypatch.setenv("SPACETRACK_PASSWORD", "x")
    server.say(LOGIN, Reply(b'""'))
    for number in range(1, 40):
        server.say(
            f"/basicspacedata/query/class/gp/NORAD_CAT_ID/{number}/orderby/NORAD_CAT_ID/format/json", Reply(iss())
        )
    for number in range(1, 15):
        fetch_elements(f"spacetrack:{number}", cache=cache)
    with pytest.raises(DataError, match=r"14 questions in 60 s are as many as 127\.0\.0\.1"):
        fetch_elements("spacetrack:15", cache=cache)
    assert len(server.asked) == 28  # its rule: under 30 requests a minute
    clock.later(61.0)
    assert fetch_elements("spacetrack:15", cache=cache).loaded.elements


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("resource", "GROUP=resource"),
        ("40697", "CATNR=40697"),
        ("100000123", "CATNR=100000123"),
        ("1998-067a", "INTDES=1998-067A"),
        ("name=Sentinel-2", "NAME=SENTINEL-2"),
    ],
)
def test_what_celestrak_can_be_asked(server: Server, query: str, asked: str) -> None:
    assert celestrak.address(query) == f"{server.url}{GP}?{asked}&FORMAT=JSON"


@pytest.mark.parametrize("query", ["", "a&b=c", "x/../y", "name=", "name=a&FORMAT=x", "1234567890", "gr oup", "ä"])
def test_other_questions_are_refused(query: str) -> None:
    with pytest.raises(InputError, match="CelesTrak can be asked"):
        celestrak.address(query)


def test_spacetrack_logs_in_and_keeps_no_secret(
    server: Server, cache: Cache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACETRACK_IDENTITY", "me@example.org")
    monkeypatch.setenv("SPACETRACK_PASSWORD", "s3cret&=?")
    server.say(LOGIN, Reply(b'""', headers={"Set-Cookie": "chocolatechip=abc; path=/"}))
    server.say(DATA + "/NORAD_CAT_ID/format/json", Reply(iss()))
    got = fetch_elements("spacetrack:25544", cache=cache)
    assert got.loaded.elements[0].norad_id == 25544
    login, asked = server.asked
    assert (login.method, login.body) == ("POST", b"identity=me%40example.org&password=s3cret%26%3D%3F")
    assert asked.headers["cookie"] == "chocolatechip=abc"
    assert "s3cret" not in asked.path + json.dumps(asked.headers)
    clock.later(3599.0)
    fetch_elements("spacetrack:25544", cache=cache)
    assert len(server.asked) == 2
    written = b"".join(file.read_bytes() for file in cache.folder.iterdir())
    assert b"s3cret" not in written and b"chocolatechip" not in written and b"me@" not in written
    assert "s3cret" not in str(got)


def test_a_history_that_is_over_is_asked_for_once(
    server: Server, cache: Cache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACETRACK_IDENTITY", "me")
    monkeypatch.setenv("SPACETRACK_PASSWORD", "x")
    path = "/basicspacedata/query/class/gp_history/NORAD_CAT_ID/25544,40697/EPOCH/2026-05-01--{}/orderby/EPOCH%20asc"
    server.say(LOGIN, Reply(b'""'))
    for day in ("2026-05-07", "2026-05-09"):
        server.say(f"{path.format(day)}/format/json", Reply(iss()))
    for _ in range(2):
        fetch_elements("spacetrack:25544,40697:2026-05-01..2026-05-07", cache=cache)
        fetch_elements("spacetrack:25544, 40697, 25544:2026-05-01..2026-05-09", cache=cache)
        clock.later(86400.0)
    assert sum("05-07" in asked.path for asked in server.asked) == 1
    assert sum("05-09" in asked.path for asked in server.asked) == 2


def test_a_login_that_is_missing_or_wrong_is_told(
    server: Server, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPACETRACK_IDENTITY", raising=False)
    with pytest.raises(DataError, match="Set SPACETRACK_IDENTITY"):
        fetch_elements("spacetrack:25544", cache=cache)
    monkeypatch.setenv("SPACETRACK_IDENTITY", "me")
    monkeypatch.setenv("SPACETRACK_PASSWORD", "wrong")
    server.say(LOGIN, Reply(b'{"Login":"Failed"}'))
    with pytest.raises(DataError, match="refuses the login"):
        fetch_elements("spacetrack:25544", cache=cache)
    for query in ("", "iss", "25544:2026-05-09..2026-05-01", "25544:2026-02-30..2026-03-01", "1;2"):
        with pytest.raises(InputError, match="Space-Track can be asked"):
            spacetrack.address(query)


def test_only_web_addresses_are_asked(server: Server, cache: Cache) -> None:
    with pytest.raises(DataError, match="no such file"):
        fetch_elements("file:///etc/passwd", cache=cache)
    server.say("/away", Reply(b"", 302, {"Location": "file:///etc/passwd"}))
    with pytest.raises(DataError, match="HTTP 302"):
        fetch_elements(f"{server.url}/away", cache=cache)
    server.say("/moved.tle", Reply(b"", 302, {"Location": "/here.tle"}))
    server.say("/here.tle", Reply(f"ISS\n{ONE}\n{TWO}\n".encode()))
    assert fetch_elements(f"{server.url}/moved.tle", cache=cache).loaded.elements[0].name == "ISS"


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "https://a b/c", "http://h:99999/", "http://h:x/", "https://\u00e4"]
)
def test_what_is_no_address_is_refused(cache: Cache, url: str) -> None:
    with pytest.raises(InputError, match="is not a web address"):
        fetch_elements(url, cache=cache)


def test_a_password_in_an_address_is_refused_and_not_repeated(cache: Cache) -> None:
    with pytest.raises(InputError, match="would be written down") as caught:
        fetch_elements("https://me:s3cret@example.org/a.tle", cache=cache)
    assert "s3cret" not in str(caught.value)
    assert not cache.folder.exists()


@given(st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_text_after_a_scheme_is_refused_or_kept_off_the_network(cache: Cache, text: str) -> None:
    for scheme in ("https://", "celestrak:", "spacetrack:"):
        with pytest.raises((InputError, DataError)):
            fetch_elements(scheme + text, cache=replace(cache, offline=True))


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "b.tle").write_text(f"ISS\n{ONE}\n{TWO}\nBAD\n{ONE}\n{TWO[:-1]}0\n")
    (tmp_path / "a.json").write_bytes(iss(128))
    (tmp_path / "notes.md").write_text("not elements")
    got = fetch_elements(str(tmp_path))
    assert [(one.name, one.source) for one in got.loaded.elements] == [("ISS (ZARYA)", "a.json"), ("ISS", "b.tle")]
    assert [(r.line, r.what[:6]) for r in got.loaded.rejected] == [(6, "b.tle:")]
    assert [Path(one.url).name for one in got.provenance] == ["a.json", "b.tle"]


def test_satellites_of_the_catalogue_are_asked_by_number(server: Server, cache: Cache) -> None:
    server.say(GP, Reply(iss()))
    assert fetch_known(["Sentinel 2A", "40697", "25544"], cache=cache).loaded.elements
    assert fetch_elements("landsat 9", cache=cache).loaded.elements
    assert [asked.path.split("&")[0][-5:] for asked in server.asked] == ["40697", "25544", "49260"]
    with pytest.raises(InputError, match=r"Near it: landsat-8|Near it: landsat-9"):
        fetch_known(["landsat 10"], cache=cache)
    with pytest.raises(DataError, match="Near it: landsat"):
        fetch_elements("landsat 10", cache=cache)


def test_the_commands_take_sources(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    server.say(GP, Reply(iss()))
    words = ["orbit", "position", "--at", "2026-05-08T06:00:00Z", "--json"]
    for more in (["--elements", "celestrak:25544"], ["--satellite", "25544"], ["--elements", "25544"]):
        assert main([*words, *more]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["positions"][0]["satellite"] == "ISS (ZARYA)"
        assert said["sources"][0]["url"] == f"{server.url}{GP}?CATNR=25544&FORMAT=JSON"
    assert len(server.asked) == 1
    assert main(words) == 2
    assert "--satellite" in capsys.readouterr().err


def test_two_that_start_together_ask_once(server: Server, cache: Cache) -> None:
    server.say(GP, Reply(iss()))
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: fetch_elements("celestrak:25544", cache=cache).loaded, range(4)))
    assert all(one == got[0] for one in got)
    assert len(server.asked) == 1


def test_a_cache_that_cannot_be_written_is_an_error_before_anyone_is_asked(
    server: Server, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot keep what is fetched"):
        read_elements("celestrak:25544", cache=Cache(tmp_path / "file" / "kept", clock=clock))
    assert not server.asked


@pytest.mark.parametrize(
    ("age_s", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 hours"), (172800, "2 days"), (-5, "0 s")],
)
def test_ages_are_told_as_people_say_them(age_s: float, words: str) -> None:
    assert in_words(seconds(age_s)) == words
