"""The closed loop, offline: a place's simulated past, a change, the alert, an urgent order, the answer, a verdict.

    python examples/watch/loop.py OUT_DIR [DAYS_BETWEEN]

copies the watch and mission files beside it to OUT_DIR, takes a picture of the meadow every 16 days for more than a
year with the mission's own camera (CCSDS bytes, ground segment and all), and goes round the loop. Some minutes.
Everything is simulated, and says so.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.archive.outside import Hints
from swath.operate.alert_evidence import evidence_page
from swath.operate.archive import Adding, add_scenes
from swath.operate.before import map_before, shot_before
from swath.operate.detecting import detect
from swath.operate.watch_book import DatabaseBook
from swath.operate.watch_follow import follow_alert, follow_mission
from swath.operate.watching import judge_alert, read_watch, run_watch
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from swath.store.database import open_database
from swath.store.mission import read_mission
from swath.time import format_utc, seconds
from swath.watch.records import Alert, WatchFile

HERE = Path(__file__).resolve().parent
NOW = np.datetime64("2026-05-08T06:00:00", "ns")
"""the day of the alert: the orbits of the mission's satellites are of the day before"""
PAST_DAYS = 624


@dataclass(frozen=True)
class Earlier:
    """The orbit as it was so many whole days ago: the same pass, another Sun."""

    now: Ephemeris
    days: int

    def states(self, at: npt.NDArray[np.datetime64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        return self.now.states(np.asarray(at) + np.timedelta64(self.days, "D"))


def simulated_past(watch: WatchFile, folder: Path, days_between: int) -> int:
    """Pictures of the first place up to now into the archive; returns how many."""
    place, base = watch.places[0], Path(watch.mission)
    asked = base.with_name("past.toml")
    asked.write_text(follow_mission(base.read_text("utf-8"), _nothing(place.place.id), place, NOW), "utf-8")
    mission, eop = read_mission(asked), packaged_eop()
    latest = shot_before(mission, mission.urgent[0], eop, 1)
    if latest is None:
        raise SystemExit("no satellite passed in the four days before")
    folder.mkdir(parents=True)
    made = 0
    for days in range(PAST_DAYS, 0, -days_between):
        back = np.timedelta64(days, "D")
        middle = latest.middle - back
        sun = sun_angles_deg(place.place.lon_deg, place.place.lat_deg, middle, eop)
        shot = replace(
            latest,
            acquisition=f"past-{str(middle)[:10]}",
            number=1000 + days,
            start=latest.start - back,
            middle=middle,
            ephemeris=Earlier(latest.ephemeris, days),
            sun_deg=(float(sun[0]), float(sun[1])),
        )
        with tempfile.TemporaryDirectory() as scratch:
            item = map_before(shot, folder, Path(scratch)).items[0]
        path = folder / "stac" / item["collection"] / item["id"] / f"{item['id']}.json"
        (outcome,) = add_scenes([str(path)], Adding(Path(watch.archive), Hints(), middle + seconds(3600.0)))
        assert outcome.status == "added", outcome.because
        made += 1
    return made


def _nothing(place: str) -> Alert:
    from swath.model import Estimate

    size = Estimate(0.0, "m2", because="no alert yet")
    return Alert("past", place, "cover", "", NOW, NOW, NOW, ((0, 0), (1, 0), (1, 1)), size, ("", ""), (), 1.0)


def main(folder: Path, days_between: int) -> Alert:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("watch.toml", "mission.toml", "orders.csv"):
        shutil.copy(HERE / name, folder / name)
    watch = read_watch(folder / "watch.toml")
    print(f"{simulated_past(watch, folder / 'past', days_between)} pictures of the past in the archive")
    database = open_database(folder)
    book = DatabaseBook(database)
    (turn,) = run_watch(watch, book, NOW, detect)
    assert turn.alerts, turn.failed or "no alert"
    alert = turn.alerts[0]
    print(f"alert {alert.id}: {alert.headline}, first seen {format_utc(alert.after)}, asked for {turn.rate_per_unit:g}")
    answered, outcome = follow_alert(watch, book, alert, NOW + seconds(600.0), folder / "follow", detect)
    for step in sorted(answered.steps, key=lambda one: one.at):
        print(f"  {step.name:<9} {format_utc(step.at)} {step.told}")
    print(f"answer: {answered.answer}; checks {'passed' if all(c.ok for c in outcome.checks) else 'FAILED'}")
    done, _, _ = judge_alert(watch, book, alert.id, "confirmed", outcome.stop, who="example", why="a fire")
    (folder / "alert.html").write_text(evidence_page(watch, book, done), "utf-8")
    print(f"{done.id} is {done.status}; see {folder / 'alert.html'}")
    database.close()
    return done


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 16)
