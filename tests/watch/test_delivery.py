"""Every alert arrives at least once, and once only in the reader's view: webhook, feed, CAP, mail, calendar."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from swath.errors import InputError
from swath.operate.delivering import messages_of, send_due
from swath.report.alert_feed import alerts_ics, atom_feed, cap_message
from swath.sources.checked import post
from swath.time import seconds
from swath.watch.book import MemoryBook
from swath.watch.file import round_place
from swath.watch.records import Alert, Target, WatchedPlace, WatchFile, revise
from tests.watch.made_alerts import NOTICED, made_alert
from tests.watch.servers import http_server, smtp_server

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes, or nearly.").decode()
XSD = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "cap_1_2.xsd")))
NAMES = {"cap": "urn:oasis:names:tc:emergency:cap:1.2", "a": "http://www.w3.org/2005/Atom"}


def watch_of(*targets: Target) -> WatchFile:
    place = WatchedPlace(round_place("dam", 32.882, 23.9715, 500.0), deliver=tuple(one.id for one in targets))
    return WatchFile("Dams", (place,), targets)


class Clock:
    def __init__(self) -> None:
        self.now = NOTICED

    def __call__(self) -> np.datetime64:
        return self.now


def sending(watch: WatchFile, book: MemoryBook, clock: Callable[[], np.datetime64], folder: Path) -> list[str]:
    sent = send_due(watch, book, clock, folder=folder, secrets={"S": SECRET, "P": "pw"}, page_of=lambda a: f"<p>{a.id}")
    return [one.why for one in sent]


def told(watch: WatchFile, alert: Alert) -> MemoryBook:
    book = MemoryBook()
    book.keep(alerts=[alert], messages=messages_of(watch, alert))
    return book


def test_a_webhook_is_signed_and_comes_once(tmp_path: Path) -> None:
    with http_server() as server:
        target = Target("ops", "webhook", f"http://127.0.0.1:{server.port}/hook?a=1", secret="S", private=True)
        watch, alert, clock = watch_of(target), made_alert(), Clock()
        book = told(watch, alert)
        assert sending(watch, book, clock, tmp_path) == [""] and sending(watch, book, clock, tmp_path) == []
        ((path, headers, body),) = server.asked
        assert path == "/hook?a=1" and Alert.from_json(json.loads(body)["alert"]) == alert
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = b"a secret of 32 bytes, or nearly."
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
        assert headers["Idempotency-Key"] == headers["webhook-id"] == json.loads(body)["id"]


def test_a_target_that_answers_500_for_a_day_gets_it_in_the_end(tmp_path: Path) -> None:
    with http_server() as server:
        server.always = 500
        target = Target("ops", "webhook", f"http://127.0.0.1:{server.port}/", secret="S", private=True)
        watch, clock = watch_of(target), Clock()
        book = told(watch, made_alert())
        while clock.now < NOTICED + np.timedelta64(1, "D"):
            for why in sending(watch, book, clock, tmp_path):
                assert "HTTP 500" in why
            clock.now += seconds(60.0)
        assert 20 < len(server.asked) < 40  # pauses grow to an hour: a day is no flood of requests
        server.always = 200
        clock.now += seconds(3600.0)
        assert sending(watch, book, clock, tmp_path) == [""]
        assert len({headers["webhook-id"] for _, headers, _ in server.asked}) == 1
        assert len({body for *_, body in server.asked}) == 1


def test_what_went_before_a_crash_goes_again_with_the_same_id(tmp_path: Path) -> None:
    with http_server() as server:
        target = Target("ops", "webhook", f"http://127.0.0.1:{server.port}/", secret="S", private=True)
        watch, clock = watch_of(target), Clock()
        book = told(watch, made_alert())
        server.drop_after = True  # it arrived, its answer did not
        assert "broke off" in sending(watch, book, clock, tmp_path)[0]
        server.drop_after = False
        clock.now -= np.timedelta64(400, "D")  # and the clock is set back
        assert sending(watch, book, clock, tmp_path) == [""]
        first, second = server.asked
        assert first[1]["webhook-id"] == second[1]["webhook-id"] and first[2] == second[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_an_address_inside_is_refused_for_good_unless_it_is_allowed(host: str, tmp_path: Path) -> None:
    with http_server() as server:
        watch = watch_of(Target("ops", "webhook", f"http://{host}:{server.port}/", secret="S"))
        book = told(watch, made_alert())
        assert "not on the public network" in sending(watch, book, Clock(), tmp_path)[0]
        assert server.asked == [] and [one.state for one in book.messages()] == ["given up"]


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "10.1.2.3", "169.254.169.254", "fd00::1", "64:ff9b::a00:1"])
def test_names_that_lead_inside_are_refused_whatever_else_they_lead_to(address: str) -> None:
    with pytest.raises(InputError, match="not on the public network"):
        post("https://example.org/", b"x", {}, resolve=lambda host, port: ["93.184.216.34", address])


def test_redirections_are_checked_and_keep_what_is_posted_only_where_they_say_so(tmp_path: Path) -> None:
    with http_server() as server, http_server() as other:
        target = Target("ops", "webhook", f"http://127.0.0.1:{server.port}/", secret="S", private=True)
        watch, clock = watch_of(target), Clock()
        book = told(watch, made_alert())
        server.answers = [(307, {"Location": f"http://127.0.0.1:{other.port}/there"})]
        assert sending(watch, book, clock, tmp_path) == [""]
        assert other.asked[0][0] == "/there" and other.asked[0][2] == server.asked[0][2]
        for location in ("file:///etc/passwd", "http://user:pw@127.0.0.1/", "ftp://x/", ""):
            server.answers = [(308, {"Location": location} if location else {})]
            again = told(watch, made_alert())
            assert sending(watch, again, clock, tmp_path)[0] and len(other.asked) == 1
        server.answers = [(302, {"Location": f"http://127.0.0.1:{other.port}/"})]
        assert "HTTP 302" in sending(watch, told(watch, made_alert()), clock, tmp_path)[0] and len(other.asked) == 1
        server.answers = [(307, {"Location": "/"})] * 9
        assert "moved more than" in sending(watch, told(watch, made_alert()), clock, tmp_path)[0]
        server.answers = [(410, {})]
        gone = told(watch, made_alert())
        sending(watch, gone, clock, tmp_path)
        assert gone.messages()[0].state == "given up"


def test_a_public_name_that_moves_inside_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The redirection goes to a private address: the second check refuses it, though the first was public."""
    import swath.sources.checked as checked

    with http_server() as server:
        real = checked.socket.create_connection
        monkeypatch.setattr(checked.socket, "create_connection", lambda a, **k: real(("127.0.0.1", server.port), **k))
        server.answers = [(307, {"Location": f"http://127.0.0.1:{server.port}/inside"})]
        with pytest.raises(InputError, match="not on the public network"):
            checked.post("http://example.org/", b"x", {}, resolve=lambda h, p: ["93.184.216.34" if "ex" in h else h])
        assert [path for path, *_ in server.asked] == ["/"]


def test_a_missing_secret_keeps_the_message_waiting(tmp_path: Path) -> None:
    watch = watch_of(Target("ops", "webhook", "https://example.org/", secret="NOT_SET"))
    book = told(watch, made_alert())
    assert "NOT_SET" in sending(watch, book, Clock(), tmp_path)[0] and book.messages()[0].state == "waiting"


def test_a_mail_goes_through_the_configured_server_with_the_page_in_it(tmp_path: Path) -> None:
    with smtp_server() as server:
        target = Target("me", "email", "her@example.org", server=f"127.0.0.1:{server.port}", sender="w@swath.example",
                        private=True)  # fmt: skip
        watch, alert = watch_of(target), made_alert(headline="new\nbare ground", simulated=True)
        book = told(watch, alert)
        assert sending(watch, book, Clock(), tmp_path) == [""]
        mail = email.message_from_bytes(server.asked[0][2], policy=email.policy.default)
        assert mail["Subject"] == "[SIMULATED] dam: new bare ground" and mail["To"] == "her@example.org"
        assert mail["Message-ID"] == f"<{book.messages()[0].id}@swath.example>"
        body, page = mail.get_body(("plain",)), next(iter(mail.iter_attachments()))
        assert body is not None and "swath watch confirm" in body.get_content()
        assert page.get_content_type() == "text/html" and alert.id in page.get_content()
        server.always = 450
        later = told(watch, made_alert("dam-2"))
        sending(watch, later, Clock(), tmp_path)
        assert later.messages()[0].state == "waiting"
        server.always = 550
        never = told(watch, made_alert("dam-3"))
        sending(watch, never, Clock(), tmp_path)
        assert never.messages()[0].state == "given up"
        # Without private, neither the address nor the missing encryption is accepted; a password never goes in clear.
        for changes in ({"private": False}, {"user": "u", "secret": "P"}):
            refused = watch_of(replace(target, **changes))  # type: ignore[arg-type]
            book = told(refused, made_alert())
            sending(refused, book, Clock(), tmp_path)
            assert book.messages()[0].state == "given up"


def test_feed_calendar_and_cap_files_show_each_alert_once_however_often_it_is_told(tmp_path: Path) -> None:
    targets = (Target("f", "atom", "feed.xml"), Target("i", "calendar", "a.ics"), Target("c", "cap", "cap"))
    watch, alert, clock = watch_of(*targets), made_alert(), Clock()
    book = told(watch, alert)
    assert sending(watch, book, clock, tmp_path) == ["", "", ""]
    after = revise(alert, NOTICED + seconds(600.0), status="confirmed")
    book.keep(alerts=[after], messages=messages_of(watch, after))
    assert sending(watch, book, clock, tmp_path) == ["", "", ""]
    feed = etree.parse(str(tmp_path / "feed.xml"))
    (entry,) = feed.findall("a:entry", NAMES)
    assert entry.findtext("a:updated", namespaces=NAMES) == "2026-05-18T11:10:00Z"
    link = entry.find("a:link", NAMES)
    assert link is not None and (tmp_path / str(link.get("href"))).is_file()
    text = (tmp_path / "a.ics").read_text()
    assert text.count("BEGIN:VEVENT") == 1 and "STATUS:CONFIRMED" in text and "SEQUENCE:1" in text
    first, second = (etree.parse(str(p)) for p in sorted((tmp_path / "cap").iterdir()))
    for message in (first, second):
        XSD.assertValid(message)
    said = first.findtext("cap:identifier", namespaces=NAMES)
    assert f",{said}," in str(second.findtext("cap:references", namespaces=NAMES))
    assert second.findtext("cap:msgType", namespaces=NAMES) == "Update"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("-00:00</sent>", "Z</sent>"),
        ("<status>Actual</status>", "<status>Real</status>"),
        ("<msgType>Alert</msgType>", ""),
        ("<category>", "<category>Space</category><category>"),
        ("<urgency>", "<urgency>Soon</urgency><urgency>"),
        ("<identifier>", "<identifier>a, b "),
        ("<polygon>", "<polygon>23.9,32.8 23.9,32.9 23.9,32.8</polygon><polygon>"),
        ("<areaDesc>", "<polygon>1,2 3,4 5,6 1,2</polygon><areaDesc>"),
        ("</alert>", "<sender>x</sender></alert>"),
    ],
)
def test_what_is_no_cap_message_is_found(was: str, becomes: str) -> None:
    text = cap_message(made_alert(), sender="swath@example.org")
    XSD.assertValid(etree.fromstring(text.encode()))
    broken = text.replace(was, becomes, 1)
    assert broken != text, was
    assert not XSD.validate(etree.fromstring(broken.encode()))


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=40), st.text(max_size=200), st.sampled_from(["open", "confirmed", "dismissed"]),
       st.integers(0, 3), st.booleans())  # fmt: skip
def test_whatever_an_alert_says_its_forms_are_sound(
    name: str, headline: str, status: str, revisions: int, simulated: bool
) -> None:
    alert = made_alert(f"{name}-1", place=name, headline=headline, simulated=simulated)
    for n in range(revisions):
        alert = revise(alert, NOTICED + seconds(n + 1.0))
    alert = replace(alert, status=status)
    message = etree.fromstring(cap_message(alert, sender="swath, here <x>").encode())
    XSD.assertValid(message)
    kind = message.findtext("cap:msgType", namespaces=NAMES)
    assert kind == ("Alert" if not revisions else "Cancel" if status == "dismissed" else "Update")
    assert (message.findtext("cap:status", namespaces=NAMES) == "Exercise") == simulated
    ring = str(message.findtext(".//cap:polygon", namespaces=NAMES)).split()
    assert ring[0] == ring[-1] and len(ring) == 5
    lonlat = np.array([[float(x) for x in point.split(",")][::-1] for point in ring[:-1]])
    assert np.abs(lonlat - np.array(alert.ring)).max() < 1e-5  # latitude first, WGS 84
    for when in ("sent", "effective", "onset", "expires"):
        assert all(str(one.text).endswith("-00:00") for one in message.iter(f"{{{NAMES['cap']}}}{when}"))
    feed = etree.fromstring(atom_feed("t", [alert]).encode())
    assert len(feed.findall("a:entry", NAMES)) == 1 and feed.findtext("a:id", namespaces=NAMES)
    for line in alerts_ics("t", [alert], NOTICED).split("\r\n"):
        assert len(line.encode()) <= 75 and line.isprintable()
    if simulated:
        for form in (cap_message(alert, sender="s"), atom_feed("t", [alert]), alerts_ics("t", [alert], NOTICED)):
            assert re.search("SIMULATED", form)
