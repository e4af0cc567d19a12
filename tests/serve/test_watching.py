"""Places under watch over the web: what is known of each, the evidence, the verdict and what it changes, the feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from lxml import etree
from starlette.testclient import TestClient

from swath.cli.people import change
from swath.errors import DataError, InputError
from swath.model import Acquisitions, Place
from swath.operate.asking import Asking
from swath.operate.looking_own import own_looks
from swath.operate.watch_book import DatabaseBook
from swath.operate.watching import judge_alert, read_watch
from swath.serve.app import create_app
from swath.serve.service import Service, Settings
from swath.serve.watching import PAGE_POLICY
from swath.store.database import open_database
from swath.store.history import history_before
from swath.store.people import add_person, make_feed, make_token, people
from swath.watch.days import LookState
from swath.watch.records import revise
from tests.serve.conftest import ROLES, bearer
from tests.serve.world import NO_LIMIT, make_folder, serve
from tests.watch.made_alerts import made_alert

Watched = tuple[TestClient, Service, dict[str, str], str]
FILE = """title = "places"
archive = "archive"
sender = "watch@example.org"

[[places]]
id = "dam"
lon_deg = 32.88
lat_deg = 23.97
radius_m = 1500.0
deliver = ["feed"]
note = "spillway"

[[deliveries]]
id = "feed"
kind = "atom"
address = "news.atom"
"""
ATOM, CAP = "{http://www.w3.org/2005/Atom}", "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    folder = make_folder(tmp_path / "mission")
    (folder / "watch.toml").write_text(FILE, "utf-8")
    app, service, _ = serve(folder, Settings(host="192.0.2.1", limits=NO_LIMIT))
    tokens = {}
    with service.db.writing(who="test") as write:
        for role in ROLES:
            add_person(write, f"a-{role}", role)
            tokens[role] = make_token(write, f"a-{role}", role=role, days=1)[1]
        secret = make_feed(write, "a-viewer")[1]
    at = np.datetime64("2026-05-01T09:00:00", "ns")
    looks = [LookState(at + np.timedelta64(10 * k, "D"), f"S{k}", "no change") for k in range(3)]
    looks.append(LookState(at + np.timedelta64(31, "D"), "S3", "not seen", "cloud"))
    DatabaseBook(service.db).keep(
        alerts=[made_alert(), made_alert("dam-new", headline="smaller", noticed=np.datetime64("2026-06-01", "ns"))],
        looks=[("dam", one) for one in looks],
        who="swath",
        why="test",
    )
    with TestClient(app, base_url="http://swath.example.org", raise_server_exceptions=False) as client:
        yield client, service, tokens, secret
    service.db.close()


def ask(watched: Watched, path: str, role: str = "viewer") -> Any:
    answer = watched[0].get(path, headers=bearer(watched[2][role]))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_places_say_how_they_stand_and_what_each_day_was(watched: Watched) -> None:
    (place,) = ask(watched, "/watch/places")["places"]
    assert place["id"] == "dam" and place["open"] == 2 and place["rate"] == place["false_alarms"] == 1.0
    assert place["area_km2"] == pytest.approx(np.pi * 1.5**2, rel=0.01) and place["note"] == "spillway"
    assert place["geometry"]["type"] == "MultiPolygon" and place["precision"]["interval"] is None
    days = ask(watched, "/watch/places/dam/days")["days"]
    assert len(days) == 32 and days[0]["state"] == "no change" and days[-1]["because"] == "clouds lay over it"
    assert [one["state"] for one in days].count("not seen") == 29
    some = ask(watched, "/watch/places/dam/days?first=2026-05-10&last=2026-05-12")["days"]
    assert [one["day"][:10] for one in some] == ["2026-05-10", "2026-05-11", "2026-05-12"]
    client, _, tokens, _ = watched
    for wrong in ("first=2026-05-10&last=2026-05-01", "first=1400-01-01", "last=never"):
        assert client.get(f"/watch/places/dam/days?{wrong}", headers=bearer(tokens["viewer"])).status_code == 400
    assert client.get("/watch/places/nowhere", headers=bearer(tokens["viewer"])).status_code == 404


def test_the_fleet_says_who_looks_next_where_nobody_else_is_named(watched: Watched) -> None:
    told = ask(watched, "/watch/places/dam/next?days=3")
    assert told["start"] == "2026-05-08T00:00:00Z" and "of the mission alone" in told["notes"][0]
    looks = told["looks"]
    assert len(looks) > 2 and {one["satellite"] for one in looks} <= {"SW-1", "SW-2", "SW-3", "SW-4"}
    for one in looks:
        assert (
            one["state"] == "could" and 0.0 <= one["off_nadir_deg"] <= one["limit_deg"] and 0.0 <= one["p_clear"] <= 1
        )
        # A look from off-nadir angle o sees the satellite at elevation e: they and the arc between make a triangle.
        assert 40.0 < one["elevation_deg"] < 90.0 - one["off_nadir_deg"]
    client, _, tokens, secret = watched
    calendar = client.get("/watch/places/dam/next.ics?days=3", headers=bearer(tokens["viewer"]))
    assert calendar.text.count("BEGIN:VEVENT") >= 1 and calendar.headers["content-type"].startswith("text/calendar")
    assert client.get(f"/feeds/{secret}/passes.ics").text.count("BEGIN:VEVENT") > calendar.text.count("BEGIN:VEVENT")
    assert client.get("/watch/places/dam/next?start=tomorrow", headers=bearer(tokens["viewer"])).status_code == 400


def test_alerts_come_in_pages_the_newest_first(watched: Watched) -> None:
    first = ask(watched, "/watch/alerts?limit=1")
    assert [one["id"] for one in first["alerts"]] == ["dam-new"]
    more = urlsplit(first["links"][0]["href"])
    second = ask(watched, f"{more.path}?{more.query}")
    assert [one["id"] for one in second["alerts"]] == ["dam-0123456789"] and second["links"] == []
    assert ask(watched, "/watch/alerts?status=dismissed")["alerts"] == []
    assert ask(watched, "/watch/alerts?place=elsewhere")["alerts"] == []
    client, _, tokens, _ = watched
    for wrong in ("status=maybe", "next=x", "next=12", "limit=0"):
        assert client.get(f"/watch/alerts?{wrong}", headers=bearer(tokens["viewer"])).status_code == 400


def test_the_evidence_page_judges_for_those_who_may(watched: Watched) -> None:
    client, _, tokens, _ = watched
    page = client.get("/watch/alerts/dam-new/page", headers=bearer(tokens["planner"]))
    assert (
        page.headers["content-type"].startswith("text/html") and page.headers["content-security-policy"] == PAGE_POLICY
    )
    assert 'action="http://swath.example.org/watch/alerts/dam-new/verdict"' in page.text and "<script" not in page.text
    seen = client.get("/watch/alerts/dam-new/page", headers=bearer(tokens["viewer"]))
    assert "<form" not in seen.text and "swath watch confirm" in seen.text
    form = {"verdict": "confirm", "why": "Seen & heard: é"}
    posted = client.post(
        "/watch/alerts/dam-new/verdict", data=form, headers=bearer(tokens["planner"]), follow_redirects=False
    )
    assert posted.status_code == 303 and posted.headers["location"].endswith("/watch/alerts/dam-new/page")
    assert "Seen &amp; heard: é" in client.get("/watch/alerts/dam-new/page", headers=bearer(tokens["viewer"])).text
    strange = client.post(
        "/watch/alerts/dam-new/verdict",
        data=form,
        headers={**bearer(tokens["planner"]), "Origin": "https://evil.example"},
    )
    assert strange.status_code == 403


def test_a_verdict_is_kept_and_makes_the_place_stricter(watched: Watched) -> None:
    client, service, tokens, _ = watched
    said = {"verdict": "dismiss", "why": "a barge"}
    for role in ("viewer", "customer"):
        refused = client.post("/watch/alerts/dam-new/verdict", json=said, headers=bearer(tokens[role]))
        assert refused.status_code == 403
    judged = client.post("/watch/alerts/dam-new/verdict", json=said, headers=bearer(tokens["planner"])).json()
    assert judged["alert"]["status"] == "dismissed" and judged["rate"] < judged["false_alarms"] == 1.0
    (place,) = ask(watched, "/watch/places")["places"]
    assert place["rate"] == judged["rate"] and place["open"] == 1 and place["precision"]["value"] == 0.0
    told = ask(watched, "/watch/alerts/dam-new")
    assert [(one["word"], one["who"], one["why"]) for one in told["verdicts"]] == [
        ("dismissed", "a-planner", "a barge")
    ]
    assert told["messages"] == [
        {"target": "feed", "revision": 2, "state": "waiting", "attempts": 0, "why": "", "most_attempts": 150}
    ]
    with service.db.reading() as connection:
        lines = [(e.who, e.what) for e in history_before(connection, None, kinds=["alert"], subject="dam-new")]
    assert ("a-planner", "dismissed") in lines
    # A second thought is a word more, not another history; one about an older state is refused.
    late = client.post(
        "/watch/alerts/dam-new/verdict", json={"verdict": "confirm", "revision": 1}, headers=bearer(tokens["admin"])
    )
    assert late.status_code == 409 and "revision 2" in late.json()["detail"]
    again = client.post(
        "/watch/alerts/dam-new/verdict", json={"verdict": "confirm", "revision": 2}, headers=bearer(tokens["admin"])
    )
    assert again.json()["alert"]["revision"] == 3 and again.json()["rate"] == 1.0
    for wrong in (
        {},
        {"verdict": "maybe"},
        {"verdict": "confirm", "why": 7},
        {"verdict": "confirm", "why": "x" * 501},
        [],
    ):
        bad = client.post("/watch/alerts/dam-new/verdict", json=wrong, headers=bearer(tokens["planner"]))
        assert bad.status_code == 400, wrong
    gone = client.post("/watch/alerts/none/verdict", json=said, headers=bearer(tokens["planner"]))
    assert gone.status_code in (404, 409)


def test_what_was_said_meanwhile_is_not_written_over(watched: Watched) -> None:
    _, service, _, _ = watched
    book, watch = DatabaseBook(service.db), read_watch(service.folder / "watch.toml")
    read = next(one for one in book.alerts() if one.id == "dam-new")
    judge_alert(watch, book, "dam-new", "confirmed", np.datetime64("2026-06-02", "ns"), who="her")
    with pytest.raises(DataError, match="revision 2 meanwhile"):
        book.keep(alerts=[revise(read, np.datetime64("2026-06-03", "ns"), answer="still there")], who="swath")
    kept = next(one for one in book.alerts() if one.id == "dam-new")
    assert (kept.status, kept.answer) == ("confirmed", "")


def test_feeds_are_read_without_signing_in(watched: Watched) -> None:
    client, _, _, secret = watched
    feed = etree.fromstring(client.get(f"/feeds/{secret}/alerts.atom").content)
    assert [one.text for one in feed.iter(f"{ATOM}title")][1:] == ["dam: smaller", "dam: new bare ground"]
    index = client.get(f"/feeds/{secret}/alerts.cap")
    assert index.headers["content-type"].startswith("application/atom+xml")
    links = [
        one for one in etree.fromstring(index.content).iter(f"{ATOM}link") if one.get("type") == "application/cap+xml"
    ]
    assert len(links) == 2
    schema = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "watch" / "cap_1_2.xsd"))
    for link in links:
        message = client.get(urlsplit(link.get("href")).path)
        assert message.headers["content-type"].startswith("application/cap+xml")
        document = etree.fromstring(message.content)
        schema.assertValid(document)
        assert document.findtext(f"{CAP}sender") == "watch@example.org"
    assert client.get(f"/feeds/{secret}/alerts.ics").text.count("BEGIN:VEVENT") == 2
    for path in ("alerts.atom", "alerts.cap", "cap/dam-new", "alerts.ics", "passes.ics"):
        assert client.get(f"/feeds/guessed/{path}").status_code == 404
    assert client.get(f"/feeds/{secret}/cap/none").status_code == 404


def test_planners_put_places_under_watch(watched: Watched) -> None:
    client, service, tokens, _ = watched
    new = {"id": "port", "lon_deg": 9.1, "lat_deg": 45.1, "radius_m": 800, "false_alarms": 0.5, "note": 'a "note"\n'}
    assert client.post("/watch/places", json=new, headers=bearer(tokens["customer"])).status_code == 403
    made = client.post("/watch/places", json=new, headers=bearer(tokens["planner"]))
    assert made.status_code == 201 and made.headers["location"].endswith("/watch/places/port")
    assert [one.place.id for one in read_watch(service.folder / "watch.toml").places] == ["dam", "port"]
    assert ask(watched, "/watch/places/port")["false_alarms"] == 0.5
    assert client.post("/watch/places", json=new, headers=bearer(tokens["planner"])).status_code == 409
    wrong = (
        {"id": "a b"},
        {"radius_m": 1},
        {"lat_deg": 90.0},
        {"lon_deg": True},
        {"look_for": ["people"]},
        {"note": 5},
    )
    for part in wrong:
        bad = client.post("/watch/places", json={**new, "id": "other", **part}, headers=bearer(tokens["planner"]))
        assert bad.status_code == 400, part
    assert len(read_watch(service.folder / "watch.toml").places) == 2


def test_a_person_orders_and_asks_no_more_than_their_share(tmp_path: Path) -> None:
    now = [100.0]
    folder = make_folder(tmp_path / "mission")
    _, service, _ = serve(folder, Settings(host="192.0.2.1"))
    with service.db.writing(who="test") as write:
        for name, role in (("ada", "admin"), ("bob", "customer"), ("cy", "customer")):
            add_person(write, name, role)
        tokens = {
            one: make_token(write, one, role=role, days=1)[1]
            for one, role in (("ada", "admin"), ("bob", "customer"), ("cy", "customer"))
        }
    app = create_app(service, clock=lambda: now[0])
    asked = {
        "datetime": "2026-05-08T00:00:00Z/2026-05-09T00:00:00Z",
        "geometry": {"type": "Point", "coordinates": [10.5, 45.1]},
        "order_parameters": {},
    }
    with TestClient(app, base_url="http://swath.example.org") as client:

        def order(name: str) -> Any:
            return client.post("/stapi/products/watch/orders", json=asked, headers=bearer(tokens[name]))

        def limit(**limits: object) -> int:
            asked = {"limits": limits}
            return client.patch("/admin/people/bob", json=asked, headers=bearer(tokens["ada"])).status_code

        assert limit(open_orders=1) == 204 and limit(open_orders=-1) == 400 and limit(wishes=3) == 400
        first = order("bob")
        assert first.status_code == 201
        refused = order("bob")
        assert refused.status_code == 429 and "bob may have 1 orders that wait" in refused.json()["detail"]
        assert order("cy").status_code == 201  # others are not limited by it
        client.post(f"/stapi/orders/{first.json()['id']}/cancel", headers=bearer(tokens["bob"]))
        assert order("bob").status_code == 201
        assert limit(orders_per_day=2) == 204 and order("bob").status_code == 429
        assert client.get("/me", headers=bearer(tokens["bob"])).json()["limits"] == {"open_orders": 1}
        # The new limits hold as soon as what is remembered of a token is looked up again.
        now[0] += 10.0
        assert client.get("/me", headers=bearer(tokens["bob"])).json()["limits"] == {"orders_per_day": 2}
        assert order("bob").status_code == 429
        assert limit(requests_per_s=0.1) == 204
        now[0] += 10.0
        statuses = [client.get("/me", headers=bearer(tokens["bob"])).status_code for _ in range(3)]
        assert statuses == [200, 429, 429] and client.get("/me", headers=bearer(tokens["cy"])).status_code == 200
        now[0] += 10.0
        assert client.get("/me", headers=bearer(tokens["bob"])).status_code == 200
    service.db.close()


def test_limits_are_set_from_the_command_line_too(tmp_path: Path) -> None:
    with closing(open_database(tmp_path)) as db:
        with db.writing(who="test") as write:
            add_person(write, "bob", "customer")

        def limits() -> Any:
            with db.reading() as connection:
                return people(connection)[0]["limits"]

        assert change(tmp_path, "bob", limit=["open_orders=3", "requests_per_s=0.5"]) == 0
        assert limits() == {"open_orders": 3.0, "requests_per_s": 0.5}
        assert change(tmp_path, "bob", role="viewer") == 0 and limits()["open_orders"] == 3.0
        for wrong in ("open_orders=some", "open_orders", "wishes=3", "open_orders=-1"):
            with pytest.raises(InputError):
                change(tmp_path, "bob", limit=[wrong])
        assert change(tmp_path, "bob", limit=["none"]) == 0 and limits() == {}


def test_own_looks_are_planned_where_the_plan_has_them(running: tuple[TestClient, Service]) -> None:
    asking = Asking(running[1].mission)
    place = Place.point("dam", lon_deg=10.5, lat_deg=45.1)
    day = np.datetime64("2026-05-08", "ns"), np.datetime64("2026-05-10", "ns")
    looks, _ = own_looks(asking, place, *day)
    row = next(looks.rows())
    near = row["time"] + np.timedelta64(20, "s")
    values = {"id": "a", "request": "farm", "satellite": row["satellite"], "contact": "c"}
    values |= dict.fromkeys(("start", "middle", "stop", "on_ground"), near)
    numbers = ("roll_deg", "pitch_deg", "off_nadir_deg", "sun_elevation_deg", "gsd_m", "p_clear", "value", "data_bit")
    taken = Acquisitions.from_rows([{**dict.fromkeys(numbers, 1.0), **values}])
    again, _ = own_looks(asking, place, *day, taken=taken)
    assert again.state.tolist() == ["planned", *["could"] * (len(looks) - 1)]
    assert again.because[0] == "the plan in force, for farm"


def test_without_a_watch_file_nothing_is_watched(client: TestClient) -> None:
    assert client.get("/watch/places").json()["places"] == [] and client.get("/watch/alerts").json()["alerts"] == []
    assert client.get("/watch/places/dam/next").status_code == 404
