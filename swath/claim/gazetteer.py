"""Where might a place of this name be? Suggestions only: a claim is judged at coordinates that a person gave."""

from __future__ import annotations

import csv
import difflib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from swath.spacecraft.catalog import stations

__all__ = ["Known", "suggestions"]


class Known(NamedTuple):
    """A place with a name, to about a kilometre, and where that is from."""

    name: str
    lon_deg: float
    lat_deg: float
    source: str


@cache
def _places() -> dict[str, Known]:
    text = (files(__package__) / "gazetteer.csv").read_text(encoding="utf-8")
    found = {
        row["name"].casefold(): Known(row["name"], float(row["lon_deg"]), float(row["lat_deg"]), row["source"])
        for row in csv.DictReader(text.splitlines())
    }
    for station in stations():
        if station.lon_deg is not None and station.lat_deg is not None:
            found.setdefault(
                station.name.casefold(), Known(station.name, station.lon_deg, station.lat_deg, station.source)
            )
    return found


def suggestions(name: str, most: int = 3) -> list[Known]:
    """The places whose name is like the given one, the likest first; none where nothing is.

    Cities of the tz database (public domain), ground stations of the catalogue, and places of published claims.
    """
    known, asked = _places(), " ".join(name.casefold().split())
    if not asked:
        return []
    inside = [key for key in known if key == asked or key in asked.split(",")[0] or asked in key]
    inside.sort(key=lambda key: (key != asked, abs(len(key) - len(asked))))
    near = difflib.get_close_matches(asked, known, n=most, cutoff=0.7)
    return [known[key] for key in dict.fromkeys([*inside, *near])][:most]
