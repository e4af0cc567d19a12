"""Which launch sites are known, and what does a source say about their azimuths?"""

from __future__ import annotations

import csv
import difflib
import re
import tomllib
from functools import cache
from importlib.resources import files

from swath.design.launch import Site
from swath.errors import InputError

__all__ = ["parse_sites", "site_named", "sites"]


@cache
def sites() -> dict[str, Site]:
    """The sites that ship with swath, by key: coordinates and limits with their sources."""
    held = tomllib.loads((files(__package__) / "sites.toml").read_text("utf-8"))
    return {key: Site(**facts) for key, facts in held.items()}


def site_named(name: str, known: dict[str, Site] | None = None) -> Site:
    """The site of a name, its key or the beginning of either. Raises :class:`InputError` with the nearest names."""
    held = sites() if known is None else known
    wanted = _plain(name)
    exact = [site for key, site in held.items() if wanted in (_plain(key), _plain(site.name))]
    begin = [site for key, site in held.items() if wanted and _plain(site.name).startswith(wanted)]
    if exact or len(begin) == 1:
        return (exact or begin)[0]
    names = [site.name for site in held.values()]
    near = [site.name for site in begin] or difflib.get_close_matches(name, names, 3, 0.3) or names[:5]
    fix = f"Say {', '.join(near)}; or LON,LAT, or a file of your own"
    raise InputError(f"{'several sites' if begin else 'no site'} {name!r}", where="site", fix=fix)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def parse_sites(text: str, *, where: str = "") -> dict[str, Site]:
    """Sites out of a CSV with the headings name, lat, lon, az_min_deg, az_max_deg, source; empty limits are none.

    Rows without a place are left to nobody's guess: they are refused by name when they are asked for. Raises
    :class:`InputError` for missing headings and for what is no number.
    """
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not {"name", "lat", "lon"} <= set(rows[0]):
        raise InputError("no name, lat and lon among its headings", where=where, fix="Give name,lat,lon,az_min_deg,...")
    found = {}
    for number, row in enumerate(rows, 2):
        cells = {key: (row.get(key) or "").strip() for key in ("name", "lat", "lon", "az_min_deg", "az_max_deg")}
        if not cells["lat"] or not cells["lon"]:
            continue
        try:
            lat, lon = float(cells["lat"]), float(cells["lon"])
            low, high = (float(cells[key]) if cells[key] else None for key in ("az_min_deg", "az_max_deg"))
        except ValueError as error:
            raise InputError(f"{error}", where=f"{where} line {number}", fix="Give numbers in degrees") from error
        found[cells["name"]] = Site(cells["name"], lon, lat, low, high, (row.get("source") or "").strip())
    return found
