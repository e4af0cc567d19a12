"""Reads what ``swath watch next`` needs: elements, published plans, a forecast, and what an archive holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError
from swath.model import Elements, Place
from swath.operate.claims import fetched_sets
from swath.orbit.elements import newest_for
from swath.plan.looks import ClearSky
from swath.sources.eop import packaged_eop
from swath.spacecraft.catalog import satellites
from swath.store.forecast import read_forecast
from swath.store.shelf import INDEX, Query, Shelf
from swath.time import parse_utc
from swath.watch.looks_ahead import LooksAhead, Taken, looks_ahead
from swath.watch.published import PublishedPlan, read_plan

__all__ = ["look_ahead", "read_plans", "taken_over"]

_MOST_BYTES = 100_000_000


def look_ahead(
    place: Place,
    start: np.datetime64,
    stop: np.datetime64,
    *,
    elements: Sequence[str],
    plans: Sequence[Path] = (),
    archive: Path | None = None,
    forecast: Path | None = None,
    everyone: bool = False,
) -> tuple[LooksAhead, list[str]]:
    """Who looks, and what there is to know of it. ``everyone`` takes satellites in that the catalogue does not know.

    Raises what reading raises, and :class:`DataError` where no element set is of an imaging satellite.
    """
    fetched = fetched_sets(elements)
    sets = [one for each in fetched for one in each.loaded.elements]
    notes = [source["told"] for each in fetched for source in each.told()]
    known = {one.norad_id for one in satellites() if one.norad_id is not None}
    chosen = [one for one in sets if everyone or one.norad_id in known]
    if not chosen:
        raise DataError(
            f"none of {len(sets)} element sets is of an imaging satellite of the catalogue",
            where="--elements",
            fix="Give celestrak:resource or a file with them, or --all",
        )
    fleet = newest_for(chosen, start + (stop - start) // 2)
    read = read_plans(plans)
    clear: ClearSky | None = read_forecast(forecast) if forecast is not None else None
    looks, failed = looks_ahead(
        fleet, place, start, stop, packaged_eop(),
        plans=read, taken=taken_over(archive, place, start, stop) if archive else (), p_clear=clear,
    )  # fmt: skip
    return looks, [*notes, *_notes(fleet, known, read, failed, clear is None)]


def _notes(
    fleet: dict[str, Elements],
    known: set[int],
    plans: Sequence[PublishedPlan],
    failed: list[dict[str, str]],
    dark: bool,
) -> list[str]:
    there = len({one.norad_id for one in fleet.values()} & known)
    notes = [f"{there} of the catalogue's {len(known)} imaging satellites have an element set here"]
    notes += [f"left out {one['satellite']}: {one['because']}" for one in failed]
    for plan in plans:
        notes.append(f"{plan.source}: {len(plan.takes):,} planned takes, {len(plan.left_out)} entries left out")
        notes += [f"{plan.source}: {why}" for why in plan.left_out[:5]]
    if not plans:
        notes.append("no published plan was given (--plans): what could look is not known to be planned")
    if dark:
        notes.append("no forecast was given (--forecast): the chance of a clear sky is not known")
    return notes


def read_plans(paths: Sequence[Path]) -> list[PublishedPlan]:
    """The published plans in files. :class:`DataError` where one cannot be read."""
    found = []
    for path in paths:
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise InputError("longer than 100 MB", where=str(path), fix="Look what it is")
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Give a file") from error
        found.append(read_plan(content, source=path.name))
    return found


def taken_over(archive: Path, place: Place, start: np.datetime64, stop: np.datetime64) -> list[Taken]:
    """The scenes that an archive holds of a place, from ``start`` to ``stop``."""
    if not (archive / INDEX).exists() and not (archive / "catalog.json").exists():
        raise DataError("is no archive", where=str(archive), fix="Make one with swath archive add")
    lon_deg, lat_deg = place.lon_deg, place.lat_deg
    near = 1e-6
    box = (
        max(lon_deg - near, -180.0),
        max(lat_deg - near, -90.0),
        min(lon_deg + near, 180.0),
        min(lat_deg + near, 90.0),
    )
    found = Shelf(archive).search(Query(box_deg=box, start=start, stop=stop))
    return [Taken(f.id, f.platform, parse_utc(f.start), parse_utc(f.stop), f.cloud_share) for f in found]
