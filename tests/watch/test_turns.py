"""A turn of the watch: each picture is looked at once, alerts come once, verdicts make detectors stricter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.errors import DataError, InputError
from swath.model import Estimate
from swath.operate.alert_evidence import evidence_page
from swath.operate.watching import exposure_of, judge_alert, run_watch, scenes_of, try_again
from swath.store.shelf import Found
from swath.time import parse_utc, seconds
from swath.watch.book import MemoryBook
from swath.watch.days import LookState
from swath.watch.file import round_place
from swath.watch.noticing import Detected, Noticed, share_left, with_step
from swath.watch.outbox import after_failure
from swath.watch.records import Step, Target, Trial, WatchedPlace, WatchFile, area_km2
from tests.watch.made_scenes import LAT_DEG, LON_DEG, archive_of

START = np.datetime64("2026-03-01", "s")
NOW = np.datetime64("2026-05-01T00:00:00", "ns")
RING = ((15.0026, 44.9708), (15.0040, 44.9708), (15.0040, 44.9718), (15.0026, 44.9718))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("turns")
    return archive_of(folder / "raw", folder / "archive", START, [0, 10, 20, 30], change_from=20)


def watch_of(archive: Path, **changes: object) -> WatchFile:
    place = WatchedPlace(round_place("meadow", LON_DEG, LAT_DEG, 150.0), ("cover",), 1.0, ("feed",))
    target = Target("feed", "atom", "feed.xml")
    return WatchFile("t", (replace(place, **changes),), (target,), archive=str(archive))  # type: ignore[arg-type]


class Scripted:
    """Finds a change in the third picture, and says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, bytes | None, float]] = []

    def __call__(
        self,
        place: WatchedPlace,
        scenes: Sequence[Found],
        new: Collection[str],
        state: bytes | None,
        *,
        rate_per_unit: float,
    ) -> Detected:
        self.asked.append((len(scenes), len(new), state, rate_per_unit))
        states, changes = [], []
        for number, one in enumerate(scenes):
            at = parse_utc(one.start)
            word = "changed" if number >= 2 else "no change"
            if one.id in new:
                states.append(LookState(at, one.id, word, "", one.simulated))
            if number == 2 and one.id in new:
                tests = (Trial("score", 9.0, 5.0, "deviations", True),)
                pair = (scenes[1].id, one.id)
                size = Estimate(14400.0, "m2", 12000.0, 16000.0)
                changes.append(
                    Noticed("cover", "cleared", parse_utc(scenes[1].start), at, pair, RING, size, tests, simulated=True)
                )
        return Detected(b"state", tuple(changes), tuple(states))


def test_pictures_are_looked_at_once_and_alerts_come_once(archive: Path) -> None:
    watch, book, detector = watch_of(archive), MemoryBook(), Scripted()
    (turn,) = run_watch(watch, book, NOW, detector)
    assert turn.pictures == 4 and len(turn.alerts) == 1 and not turn.failed
    (alert,) = book.alerts("meadow")
    assert alert.simulated and [s.name for s in alert.steps] == ["seen", "noticed"] and len(book.messages()) == 1
    (again,) = run_watch(watch, book, NOW + seconds(60.0), detector)
    assert again.pictures == 0 and again.alerts == () and detector.asked == [(4, 4, None, 1.0)]
    # Whoever is stopped before it was written finds the same: nothing doubles.
    other = MemoryBook()
    run_watch(watch, other, NOW, detector)
    assert other.alerts() == book.alerts() and other.messages() == book.messages()


def test_a_verdict_is_kept_told_and_makes_the_place_stricter(archive: Path) -> None:
    watch, book, detector = watch_of(archive), MemoryBook(), Scripted()
    run_watch(watch, book, NOW, detector)
    (alert,) = book.alerts()
    exposure = exposure_of(book, watch.places[0])
    assert exposure.area_km2 == pytest.approx(area_km2(watch.places[0].place)) and exposure.time_days == pytest.approx(
        30
    )
    after, _, rate = judge_alert(watch, book, alert.id[-6:], "dismissed", NOW + seconds(9.0), who="her", why="mowing")
    assert after.status == "dismissed" and after.revision == 2 and rate < 0.7
    assert book.verdicts("meadow")[0].why == "mowing" and len(book.messages()) == 2
    page = evidence_page(watch, book, after)
    assert "mowing" in page and "0 of 1 judged alerts were right" in page
    with pytest.raises(InputError, match="0 alerts"):
        judge_alert(watch, book, "nothing-like-it", "confirmed", NOW)
    with pytest.raises(InputError, match="no verdict"):
        judge_alert(watch, book, alert.id, "maybe", NOW)
    # A dismissed change of the same picture is not raised again.
    book.keep(looks=[])
    fresh = MemoryBook()
    fresh.keep(alerts=book.alerts(), verdicts=book.verdicts())
    (turn,) = run_watch(watch, fresh, NOW + seconds(20.0), detector)
    assert turn.alerts == () and detector.asked[-1][3] < 1.0


def test_a_follow_up_is_answered_by_the_first_picture_that_could_see(archive: Path) -> None:
    watch, book, detector = watch_of(archive), MemoryBook(), Scripted()
    run_watch(watch, book, NOW, detector)
    (alert,) = book.alerts()
    third = parse_utc(scenes_of(watch, watch.places[0])[2].start)
    ordered = with_step(alert, Step("ordered", third + seconds(60.0)), NOW)
    late = MemoryBook()
    late.keep(alerts=[ordered], looks=[("meadow", one) for one in book.looks("meadow")[:3]])
    (turn,) = run_watch(watch, late, NOW + seconds(60.0), detector)
    (answered,) = turn.alerts
    assert answered.answer.startswith("still there at 2026-03-31T10:00Z: ")
    assert 90 <= int(answered.answer.split(": ")[1].split("%")[0]) <= 110 and answered.step("answered") is not None
    assert answered.revision == 3 and answered.id == alert.id


def test_what_is_left_of_a_change_is_told_whatever_the_light() -> None:
    before, after = np.array([0.0, 10.0, -5.0]), np.array([100.0, -60.0, 40.0])
    for share in (0.0, 0.3, 1.0):
        assert share_left(before, after, before + share * (after - before)) == pytest.approx(share)
    across = np.cross(after - before, [1.0, 2.0, 3.0])
    assert share_left(before, after, after + across) == pytest.approx(1.0) and share_left(before, before, after) == 0.0


def test_the_evidence_has_both_pictures_the_numbers_and_no_script(archive: Path) -> None:
    watch, book = watch_of(archive), MemoryBook()
    run_watch(watch, book, NOW, Scripted())
    (alert,) = book.alerts()
    page = evidence_page(watch, book, alert, name="w.toml")
    assert page.count("data:image/png;base64,") == 2 and "<script" not in page and "SIMULATED" in page
    assert "2026-03-11 10:00 UTC" in page and "2026-03-21 10:00 UTC" in page and "swath watch confirm" in page
    assert ('class="scale-white"' in page and "50 m" in page) or "100 m" in page
    posted = evidence_page(watch, book, alert, post_to="/watch/alerts/x/verdict")
    assert posted.count('method="post"') == 2 and "swath watch confirm" not in posted
    gone = evidence_page(replace(watch, archive=str(archive.parent / "raw")), book, alert)
    assert "no longer in the archive" in gone


def test_a_place_that_fails_keeps_the_others_going(archive: Path) -> None:
    good = watch_of(archive).places[0]
    far = WatchedPlace(round_place("far", 100.0, 0.0, 200.0))
    watch = replace(watch_of(archive), places=(far, good))

    def breaks(place: WatchedPlace, *rest: object, **more: object) -> Detected:
        raise DataError("damaged", where="x", fix="y")

    turns = run_watch(watch, MemoryBook(), NOW, breaks)
    assert [t.failed != "" for t in turns] == [False, True] and turns[0].pictures == 0
    with pytest.raises(InputError, match="no place is called"):
        run_watch(watch, MemoryBook(), NOW, Scripted(), places=["nowhere"])


def test_messages_that_were_given_up_can_be_sent_again(archive: Path) -> None:
    watch, book = watch_of(archive), MemoryBook()
    run_watch(watch, book, NOW, Scripted())
    book.keep(messages=[after_failure(book.messages()[0], NOW, "no", final=True)])
    assert try_again(book) == 1 and book.messages()[0].state == "waiting" and try_again(book) == 0
