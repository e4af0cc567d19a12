"""``swath watch next``: who looks at a place in the next fortnight?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from swath.model import Place
    from swath.watch.looks_ahead import LooksAhead

__all__ = ["next_looks", "place_named"]

_LONGEST_DAYS = 60.0


def next_looks(
    place: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    elements: list[str],
    start: str | None = None,
    days: float = 14.0,
    plans: list[Path] | None = None,
    archive: Path | None = None,
    forecast: Path | None = None,
    kind: Literal["any", "optical", "radar"] = "any",
    detail_m: float | None = None,
    by_day: bool = False,
    all: bool = False,
    most: int = 40,
    json: JsonOption = False,
    out: Path | None = None,
) -> int:
    """Who looks at a place in the next fortnight: who could, who has planned to, and who did?

    Example: swath watch next aswan=32.88,23.97 --elements celestrak:resource --out looks.html

    Exit code 1 if nobody comes within reach, 3 if no element set is near enough in time.

    Parameters
    ----------
    place
        [NAME=]LON,LAT[,ALT_M], or a GeoJSON or CSV file of one place. Its centre counts.
    elements
        Who flies: file, folder, celestrak:GROUP. May be given several times.
    start
        Beginning, ISO 8601 with Z; without it now.
    days
        How long.
    plans
        Published plans: Sentinel's KML, Landsat's calendar (JSON, CSV, text). May be given several times.
    archive
        Folder of scenes: what was taken of the place.
    forecast
        Clear sky as in a mission: CSV of time,lon_deg,lat_deg,p_clear.
    kind
        optical or radar alone.
    detail_m
        Leave out looks whose pixels are larger, or not known.
    by_day
        Leave out cameras while the Sun is below the horizon.
    all
        Also satellites that the catalogue does not know; 45 deg are assumed for them.
    most
        Rows on the screen.
    out
        Write to this file instead: .json, .csv, .parquet, .ics or .html.
    """
    import numpy as np

    from swath.cli.orbits import Asked, check_form, give, now
    from swath.cli.progress import progress_bar
    from swath.operate.looking import look_ahead
    from swath.table import names_of
    from swath.time import parse_utc, seconds

    check_form(out, (".ics",))
    _check(days, detail_m, most)
    where = place_named(place)
    first = (parse_utc(start, where="--start") if start else now()).astype("datetime64[ns]")
    last = first + seconds(days * 86400.0)
    with progress_bar("looks"):
        looks, notes = look_ahead(
            where, first, last, elements=elements, plans=plans or (), archive=archive, forecast=forecast, everyone=all
        )
    looks = _chosen(looks, kind, detail_m, by_day)
    asked = Asked({}, {"sources": [], "rejected": [], "failed": [], "warnings": notes})
    rows, lines, forms = looks.to_json(), _lines(looks, most), _forms(looks, where, first, last, notes)
    give("looks", rows, lines, asked, out=out, as_json=json, columns=names_of(looks), forms=forms)
    return 0 if bool(np.any(looks.state != "not planned")) else 1


def _check(days: float, detail_m: float | None, most: int) -> None:
    if not (math.isfinite(days) and 0.0 < days <= _LONGEST_DAYS):
        raise InputError(f"{days:g} days", where="--days", fix=f"Give more than 0 and at most {_LONGEST_DAYS:g}")
    if detail_m is not None and not 0.0 < detail_m < 1e5:
        raise InputError(f"details of {detail_m:g} m", where="--detail-m", fix="Give more than 0 m")
    if most < 1:
        raise InputError(f"{most} rows", where="--most", fix="Give 1 or more")


def _chosen(looks: LooksAhead, kind: str, detail_m: float | None, by_day: bool) -> LooksAhead:
    from swath.watch.looks_ahead import able_to_see

    keep = looks.time == looks.time
    if kind != "any":
        keep &= looks.kind == kind
    if detail_m is not None:
        keep &= looks.gsd_m <= detail_m
    if by_day:
        keep &= able_to_see(looks) | (looks.state == "taken")
    return looks.take(keep)


def _lines(looks: LooksAhead, most: int) -> list[str]:
    from swath.report.looks_ahead import looks_lines, looks_summary

    return [*looks_lines(looks, most=most), "", *looks_summary(looks)] if len(looks) else looks_lines(looks, most=most)


def _forms(
    looks: LooksAhead, place: Place, first: np.datetime64, last: np.datetime64, notes: list[str]
) -> dict[str, Callable[[], str | bytes]]:
    from swath.cli.orbits import now
    from swath.report.looks_ahead import looks_ics, looks_page
    from swath.sources.land import land_rings

    return {
        ".ics": lambda: looks_ics([(place, looks)], now()),
        ".html": lambda: looks_page(looks, place, first, last, land_rings(), notes=notes),
    }


def place_named(text: str) -> Place:
    """The place that an argument names: a position, or a file of one place."""
    from swath.cli.windows import place_of
    from swath.sources.places import read_places

    path = Path(text)
    if path.suffix.lower() not in (".geojson", ".json", ".csv"):
        return place_of(text)
    places = read_places(path)
    if len(places) != 1:
        names = ", ".join(one.id for one in places[:5])
        raise InputError(f"{len(places)} places: {names}", where=text, fix="Give a file of one, or NAME=LON,LAT")
    return places[0]
