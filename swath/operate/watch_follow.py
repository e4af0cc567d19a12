"""An alert asks for a further picture: an urgent order, a new plan, a flight, a scene in the archive, an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from swath.archive.outside import Hints
from swath.errors import DataError, InputError
from swath.operate.archive import Adding, add_scenes
from swath.operate.delivering import messages_of
from swath.operate.run import run_mission
from swath.operate.watching import run_watch
from swath.report.alert_feed import page_name
from swath.report.outcome import Outcome, Urgent
from swath.store.folder import write_whole
from swath.store.shelf import Found
from swath.time import format_utc
from swath.watch.book import Book
from swath.watch.noticing import Detector, with_step
from swath.watch.records import Alert, Step, WatchedPlace, WatchFile, revise

__all__ = ["FOLLOW_UP", "follow_alert", "follow_mission"]

Progress = Callable[[str, float], None]

_HOURS = 24
_LEAST_M = 1000.0
FOLLOW_UP: Mapping[str, float] = {"value": 1000.0, "max_off_nadir_deg": 35.0, "min_sun_elevation_deg": 15.0}
"""what every order of a further picture says"""
_EARTH_M = 6_371_008.8


def follow_mission(text: str, alert: Alert, place: WatchedPlace, at: np.datetime64) -> str:
    """A mission file for the day after ``at``: the mission's own with one urgent order for a picture of the place.

    The fleet, its routine orders and all else stay. The order is called as the place is. :class:`InputError` where the
    text has no [mission] with a start.
    """
    lon, lat = np.array([point for polygon in place.place.polygons for point in polygon[0]]).T
    wide = np.ptp(np.radians(lon)) * _EARTH_M * float(np.cos(np.radians(lat.mean())))
    tall = np.ptp(np.radians(lat)) * _EARTH_M
    start = at.astype("datetime64[h]").astype("datetime64[ns]")
    new, count = re.subn(r"(?m)^start[ \t]*=.*$", f"start = {format_utc(start)}", text, count=1)
    new, hours = re.subn(r"(?m)^hours[ \t]*=.*$", f"hours = {_HOURS}", new, count=1)
    if count != 1 or hours != 1:
        raise InputError("[mission] has no start and hours", where="mission", fix="See docs/reference/mission-file.md")
    kept = re.split(r"(?m)^(?=\[)", new)
    rest = "".join(part for part in kept if not part.startswith("[[urgent]]"))
    order = [
        f"# for alert {alert.id}",
        "[[urgent]]",
        f'id = "{place.place.id}"',
        'kind = "watch"',
        f"ordered = {format_utc(at)}",
        f"lon_deg = {place.place.lon_deg!r}",
        f"lat_deg = {place.place.lat_deg!r}",
        f"width_m = {max(float(wide), _LEAST_M):.0f}",
        f"height_m = {max(float(tall), _LEAST_M):.0f}",
        *(f"{name} = {number:g}" for name, number in FOLLOW_UP.items()),
    ]
    return rest.rstrip() + "\n\n" + "\n".join(order) + "\n"


def follow_alert(
    watch: WatchFile,
    book: Book,
    alert: Alert,
    at: np.datetime64,
    out: Path,
    detector: Detector[Found],
    *,
    progress: Progress = lambda what, share: None,
) -> tuple[Alert, Outcome]:
    """Order a picture of an alert's place at ``at``, fly the day in simulation, put the picture into the archive and
    read the answer from it. Each step's time is kept with the alert, and everybody told of it is told.

    ``out`` gets the run's folder (``swath run``). :class:`InputError` where the watch file names no mission.
    """
    if not watch.mission:
        raise InputError("whose fleet?", where="watch file", fix='Name it: mission = "mission.toml"')
    place, base = watch.place(alert.place), Path(watch.mission)
    if not base.is_file():
        raise DataError("the mission file does not exist", where=str(base), fix="Look at mission in the watch file")
    file = base.with_name(f"follow-{page_name(alert)}.toml")
    write_whole(file, follow_mission(base.read_text("utf-8"), alert, place, at))
    book.keep(alerts=[with_step(alert, Step("ordered", at, f"urgent, {file.name}"), at)], who="swath", why="follow-up")
    outcome = run_mission(file, out, progress=progress)
    story = next(one for one in outcome.urgent if one.request == place.place.id)
    after = _told(next(one for one in book.alerts(alert.place) if one.id == alert.id), story)
    if story.mapped is None:
        return _closed(watch, book, revise(after, at, answer=f"no picture: {story.because or 'none came'}")), outcome
    book.keep(alerts=[after], who="swath", why="follow-up")
    _into_archive(watch, outcome, story, out)
    run_watch(watch, book, story.mapped, detector, places=[alert.place])
    answer = next(one for one in book.alerts(alert.place) if one.id == alert.id)
    if answer.step("answered") is None:
        told = f"cannot tell: the ground is hidden in {story.acquisition}"
        return _closed(watch, book, revise(answer, story.mapped, answer=told)), outcome
    return answer, outcome


def _told(alert: Alert, story: Urgent) -> Alert:
    """The alert with the steps of its order, as the day went."""
    steps = (
        ("planned", story.accepted, f"{story.looks_offered} looks offered"),
        ("taken", story.imaged, story.acquisition),
        ("landed", story.on_ground, story.station),
        ("mapped", story.mapped, ""),
    )
    for name, when, told in steps:
        if when is not None:
            alert = with_step(alert, Step(name, when, told), when)
    return alert


def _closed(watch: WatchFile, book: Book, alert: Alert) -> Alert:
    book.keep(alerts=[alert], messages=messages_of(watch, alert), who="swath", why="follow-up")
    return alert


def _into_archive(watch: WatchFile, outcome: Outcome, story: Urgent, out: Path) -> None:
    scene = next(one for one in outcome.scenes if one.acquisition == story.acquisition)
    items = [path for path in out.rglob(f"{scene.id}.json") if path.stem == path.parent.name]
    if not items:
        raise DataError("the run has no item of the picture", where=str(out), fix="Look at its report")
    mapped = story.mapped if story.mapped is not None else scene.received
    (added, *_) = add_scenes([str(items[0])], Adding(Path(watch.archive), Hints(), mapped))
    if added.status == "failed":
        raise DataError(f"the picture does not go into the archive: {added.because}", where=str(items[0]), fix="Look")
