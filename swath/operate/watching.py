"""The watch's turn: new pictures of each place are looked at, what changed becomes alerts, and messages of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from swath import __version__
from swath.errors import DataError, InputError, SwathError
from swath.model import Place
from swath.operate.delivering import messages_of
from swath.operate.detecting import dismissed, left_of
from swath.sources.places import read_places
from swath.store.folder import write_whole
from swath.store.shelf import Found, Query, Shelf
from swath.time import format_utc
from swath.watch.book import Book
from swath.watch.days import LookState
from swath.watch.file import NEW_FILE, parse_watch
from swath.watch.noticing import Detected, Detector, alerts_of, answered
from swath.watch.outbox import put_back
from swath.watch.records import Alert, Verdict, WatchedPlace, WatchFile, area_km2, revise
from swath.watch.verdicts import Exposure, asked_rate, precision

__all__ = [
    "WATCH_FILE",
    "Turn",
    "add_place",
    "exposure_of",
    "find_alert",
    "judge_alert",
    "read_watch",
    "run_watch",
    "scenes_of",
    "standing_of",
    "try_again",
]

Progress = Callable[[str, float], None]
WATCH_FILE = "watch.toml"
"""in a mission's folder, it says what the loop and the service watch"""
_LONGEST_GAP_DAYS = 30.0
"""a place that was not seen for longer was not watched meanwhile"""


def read_watch(path: Path) -> WatchFile:
    """The watch file; names of files in it are seen from where it lies. See :func:`swath.watch.file.parse_watch`."""
    if not path.is_file():
        fix = "Begin one: swath watch add NAME=LON,LAT --radius-m 500"
        raise DataError("the watch file does not exist", where=str(path), fix=fix)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), fix="Give a text file") from error

    def places_of(name: str) -> Sequence[Place]:
        return read_places(path.parent / name)

    found = parse_watch(text, where=path.name, places_of=places_of)
    return replace(
        found,
        archive=_beside(path, found.archive),
        mission=_beside(path, found.mission),
        elements=tuple(_beside(path, one) for one in found.elements),
        plans=tuple(_beside(path, one) for one in found.plans),
        forecast=_beside(path, found.forecast),
    )


def _beside(path: Path, name: str) -> str:
    """A file seen from the watch file; what is on the web stays as it is."""
    return name if not name or ":" in name.split("/", 1)[0] else str(path.parent / name)


def add_place(path: Path, text: str) -> WatchFile:
    """Add a place to a watch file, a new one where there is none; what was in it stays as it was written.

    The file is changed only where it can be read afterwards: :class:`InputError` where not.
    """
    before = path.read_text("utf-8") if path.is_file() else NEW_FILE.format(title=path.stem.replace("-", " "))
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.write_text(f"{before.rstrip()}\n\n{text}", "utf-8")
        found = read_watch(scratch)
        write_whole(path, scratch.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path), fix="Choose another place") from error
    finally:
        scratch.unlink(missing_ok=True)
    return found


@dataclass(frozen=True)
class Turn:
    """What one turn did at one place."""

    place: str
    pictures: int
    """new ones"""
    alerts: tuple[Alert, ...]
    """raised, and those answered"""
    rate_per_unit: float
    """false alarms per 1,000 km2 and year that the detectors were asked for, after what people said"""
    failed: str = ""


def scenes_of(watch: WatchFile, place: WatchedPlace) -> list[Found]:
    """Pictures of a place in the archive, the oldest first."""
    points = [point for polygon in place.place.polygons for ring in polygon for point in ring]
    lon = np.degrees(np.unwrap(np.radians([point[0] for point in points])))
    west, east = ((float(x) + 180.0) % 360.0 - 180.0 for x in (lon.min(), lon.max()))
    south, north = min(point[1] for point in points), max(point[1] for point in points)
    found = Shelf(Path(watch.archive)).search(Query(box_deg=(west, south, east, north)))
    return sorted(found, key=lambda one: (one.start, one.id))


def run_watch(
    watch: WatchFile,
    book: Book,
    now: np.datetime64,
    detector: Detector[Found],
    *,
    places: Sequence[str] = (),
    progress: Progress = lambda what, share: None,
) -> list[Turn]:
    """Look at every new picture of each place (or of some ``places``), once.

    What is found is written together with what the detectors keep, place by place: whoever is stopped in between
    looks at the place's pictures again and finds the same. A place that fails is told and keeps the others going.
    """
    chosen = [watch.place(id) for id in places] if places else list(watch.places)
    turns = []
    for number, place in enumerate(chosen):
        progress(place.place.id, number / max(len(chosen), 1))
        try:
            turns.append(_turn(watch, book, place, now, detector))
        except SwathError as error:
            turns.append(Turn(place.place.id, 0, (), place.false_alarms_per_unit, str(error)))
    return turns


def _turn(watch: WatchFile, book: Book, place: WatchedPlace, now: np.datetime64, detector: Detector[Found]) -> Turn:
    id = place.place.id
    known, before = book.alerts(id), book.looks(id)
    rate = asked_rate(book.verdicts(id), exposure_of(book, place), place.false_alarms_per_unit)
    scenes = scenes_of(watch, place)
    new = {one.id for one in scenes} - {one.scene for one in before}
    if not new:
        return Turn(id, 0, (), rate)
    detected = detector(place, scenes, new, book.state(id), rate_per_unit=rate)
    about = _provenance(watch, place, scenes)
    made = alerts_of(place, detected.changes, known, now, rate_per_unit=rate, provenance=about)
    again = _answers(known, place, scenes, detected, now)
    changed = [*again, *made]
    book.keep(
        alerts=changed,
        looks=[(id, look) for look in detected.looks],
        states=[(id, detected.state)],
        messages=[message for alert in changed for message in messages_of(watch, alert)],
        looked={id: len(before)},
        who="swath",
        why=f"{len(new)} new pictures",
    )
    return Turn(id, len(new), tuple(changed), rate)


def _answers(
    known: Sequence[Alert], place: WatchedPlace, scenes: Sequence[Found], detected: Detected, now: np.datetime64
) -> list[Alert]:
    found = []
    for one in known:
        if one.status != "dismissed":
            counted = "count" in one.provenance
            left = _still(detected.looks) if counted else partial(left_of, one, place.place, scenes)
            found.append(answered(one, detected.looks, now, left_share=left))
    return [one for one in found if one is not None]


def _still(looks: Sequence[LookState]) -> Callable[[str], float | None]:
    """Is a number still unusual? As the look says."""
    said = {one.scene: one.state for one in looks}
    return lambda scene: {"changed": 1.0, "no change": 0.0}.get(said.get(scene, ""))


def _provenance(watch: WatchFile, place: WatchedPlace, scenes: Sequence[Found]) -> dict[str, object]:
    return {
        "swath": __version__,
        "archive": Path(watch.archive).name,
        "pictures": len(scenes),
        "from": scenes[0].start,
        "looked for": ", ".join(place.look_for),
    }


def exposure_of(book: Book, place: WatchedPlace) -> Exposure:
    """How much of a place's area and time was watched: from look to look that could tell, gaps cut at 30 days."""
    at = np.array([one.at for one in book.looks(place.place.id) if one.state != "not seen"], "datetime64[s]")
    gaps = np.diff(np.sort(at)).astype(np.float64) / 86400.0
    return Exposure(area_km2(place.place), float(np.minimum(gaps, _LONGEST_GAP_DAYS).sum()))


def standing_of(watch: WatchFile, book: Book, id: str) -> dict[str, Any]:
    """How does the watch of a place stand? Plain values: its last look, its alerts, how many of the judged ones were
    right, and what rate of false alarms its detectors are asked for.
    """
    place, looks, verdicts, alerts = watch.place(id), book.looks(id), book.verdicts(id), book.alerts(id)
    return {
        "place": id,
        "last": format_utc(looks[-1].at) if looks else None,
        "state": looks[-1].state if looks else None,
        "looks": len(looks),
        "alerts": len(alerts),
        "open": sum(one.status == "open" for one in alerts),
        "precision": precision(verdicts).to_json(),
        "false_alarms": place.false_alarms_per_unit,
        "rate": asked_rate(verdicts, exposure_of(book, place), place.false_alarms_per_unit),
    }


def find_alert(book: Book, id: str) -> Alert:
    """The alert of an id, or whose id ends so. :class:`InputError` with the last ones where that is none or several."""
    alerts = book.alerts()
    matches = [one for one in alerts if one.id == id] or [one for one in alerts if len(id) >= 4 and one.id.endswith(id)]
    if len(matches) != 1:
        names = ", ".join(one.id for one in (matches or alerts)[-5:]) or "none yet"
        raise InputError(f"{len(matches)} alerts are called {id!r}", where="alert", fix=f"There are: {names}")
    return matches[0]


def judge_alert(
    watch: WatchFile, book: Book, id: str, word: str, now: np.datetime64, *, who: str = "", why: str = ""
) -> tuple[Alert, WatchedPlace, float]:
    """Write down that an alert was right (``confirmed``) or not (``dismissed``), tell those who were told of it, and
    say what rate the place's detectors are asked for from now on. A dismissed one raises what its own detector asks
    for, too, the first time that it is dismissed.
    """
    if word not in ("confirmed", "dismissed"):
        raise InputError(f"{word!r} is no verdict", where="verdict", fix="Give confirmed or dismissed")
    place = watch.place(find_alert(book, id).place)
    after = _judged(watch, book, id, word, now, who, why)
    rate = asked_rate(book.verdicts(after.place), exposure_of(book, place), place.false_alarms_per_unit)
    return after, place, rate


def _judged(
    watch: WatchFile, book: Book, id: str, word: str, now: np.datetime64, who: str, why: str, tries: int = 3
) -> Alert:
    """Say it of the alert as it is now: where the loop changes it in the same moment, of what it has become."""
    found = find_alert(book, id)
    after = revise(found, max(now, found.changed), status=word)
    said = Verdict(after.id, after.place, "confirmed" if word == "confirmed" else "dismissed", now, who, why)
    told, place = messages_of(watch, after), after.place
    state, looked = book.state(place), {place: len(book.looks(place))}
    first = word == "dismissed" and all(one.alert != after.id or one.word != word for one in book.verdicts(place))
    states = [(place, dismissed(state, after))] if state is not None and first else []
    try:
        book.keep(
            alerts=[after], verdicts=[said], messages=told, states=states, looked=looked if states else {},
            who=who or "swath", why=why or word,
        )  # fmt: skip
    except DataError:
        if tries == 1:
            raise
        return _judged(watch, book, id, word, now, who, why, tries - 1)
    return after


def try_again(book: Book) -> int:
    """Put back the messages that were given up; returns how many."""
    stuck = [put_back(one) for one in book.messages(["given up"])]
    book.keep(messages=stuck, who="swath", why="to be tried again")
    return len(stuck)
