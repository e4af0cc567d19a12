"""A rehearsal's clock goes on where it stood, and is one for all that are started."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.operate.loop import rehearsal
from swath.operate.loop.rehearsal import rehearsal_of
from swath.store.database import Database, open_database
from swath.store.jobs import enqueue
from swath.store.mission import Mission, read_mission
from swath.store.moments import moment
from tests.operate.loop.day import make_mission

MINUTE_US = 60_000_000
World = tuple[Database, Mission, list[int]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A mission that is over by this machine's clock, which stands until it is moved."""
    folder = make_mission(tmp_path / "m")
    mission = read_mission(folder / "mission.toml")
    now = [moment(mission.stop) + 1000 * MINUTE_US]
    monkeypatch.setattr(rehearsal, "now_us", lambda: now[0])
    db = open_database(folder)
    yield db, mission, now
    db.close()


def happens(db: Database, at_us: int) -> None:
    with db.writing(who="t", at_us=at_us) as write:
        enqueue(write, "plan", {})


def test_days_that_are_over_begin_again_once(world: World) -> None:
    db, mission, now = world
    first = rehearsal_of(db, mission)
    assert now[0] + first.offset_us == moment(mission.start) and "begin again" in first.told
    happens(db, moment(mission.start) + 5 * MINUTE_US)
    now[0] += 9 * MINUTE_US
    again = rehearsal_of(db, mission)  # a worker that is started a little later, or a quick restart
    assert again.offset_us == first.offset_us
    now[0] += 600 * MINUTE_US  # it was off for ten hours
    later = rehearsal_of(db, mission)
    assert now[0] + later.offset_us == moment(mission.start) + 5 * MINUTE_US and "where it stood" in later.told
    now[0] += MINUTE_US
    assert rehearsal_of(db, mission).offset_us == later.offset_us


def test_what_another_clock_wrote_does_not_move_it(world: World) -> None:
    db, mission, now = world
    rehearsal_of(db, mission)
    happens(db, now[0])  # by this machine's clock, long after the mission
    happens(db, moment(mission.start) + MINUTE_US)
    now[0] += 100 * MINUTE_US
    assert now[0] + rehearsal_of(db, mission).offset_us == moment(mission.start) + MINUTE_US


def test_a_time_that_is_given_counts_and_days_to_come_have_no_rehearsal(world: World) -> None:
    db, mission, now = world
    asked = rehearsal_of(db, mission, at="2026-05-08T06:00:00Z")
    assert now[0] + asked.offset_us == moment(np.datetime64("2026-05-08T06:00:00", "ns"))
    now[0] += MINUTE_US
    assert rehearsal_of(db, mission).offset_us == asked.offset_us, "the next one goes on by it"
    ahead = replace(mission, stop=mission.stop + np.timedelta64(10_000, "D"))
    assert rehearsal_of(db, ahead).offset_us == 0 and rehearsal_of(db, ahead).told == ""
