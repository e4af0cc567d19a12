"""``swath product fields stale``: which fields have not been seen for longest, as orders for the planner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swath.cli.options import JsonOption
from swath.cli.product_fields import FieldsOption, TableOption

if TYPE_CHECKING:
    from swath.product.field_stale import StaleFields

__all__ = ["stale"]


def stale(
    *,
    fields: FieldsOption,
    table: TableOption,
    index: str = "ndvi",
    at: str | None = None,
    extent_m: float = 4000.0,
    least_days: float = 5.0,
    most: int = 500,
    min_p_clear: float = 0.0,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Which fields have had no clear look for longest? With --out as orders, worth more the longer it is.

    Example: swath product fields stale --fields farm.gpkg --table looks.parquet --out orders.geojson

    Parameters
    ----------
    index
        Which index of the table says what was seen.
    at
        Now, ISO 8601 with Z; else the last picture's time.
    extent_m
        Side of a picture: fields near each other are one order.
    least_days
        Fields seen more recently are not ordered.
    most
        At most so many orders.
    min_p_clear
        Of the orders: no look with a smaller probability of a clear sky.
    out
        Orders for `swath plan` ([orders] file in a mission), .geojson.
    """
    import sys

    from swath.cli.orbits import check_form
    from swath.cli.product_fields import read_given_fields
    from swath.operate.field_work import find_stale
    from swath.product.field_stale import orders_for
    from swath.store.folder import write_json

    check_form(out, (".geojson", ".json"))
    known = read_given_fields(fields)
    now, found, places = find_stale(known, table, index=index, at=at)
    least_s = least_days * 86400.0
    limits = {"extent_m": extent_m, "least_s": least_s, "most": most, "min_p_clear": min_p_clear}
    orders = orders_for(found, lon_deg=places[0], lat_deg=places[1], **limits)  # type: ignore[arg-type]
    if out is not None:
        write_json(out, {"type": "FeatureCollection", "features": orders})
        print(f"{len(orders)} orders -> {out}", file=sys.stderr)
    if json:
        import json as to_json

        plain = [{k: None if v == "NaT" else v for k, v in row.items()} for row in found.to_json()]
        print(to_json.dumps({"now": f"{now}Z", "fields": plain, "orders": len(orders)}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(found)))
    return 0


def _lines(found: StaleFields) -> list[str]:
    import numpy as np

    lines = [f"{'field':<20} {'crop':<12} {'last clear look':<20} {'days':>5} {'tried since':>11}"]
    for row in found.take(slice(0, 40)).rows():
        never = np.isnat(row["last_seen"])
        last = "never" if never else f"{np.datetime_as_string(row['last_seen'], 's')}Z"
        days = row["stale_s"] / 86400.0
        lines.append(f"{row['field'][:20]:<20} {row['crop'][:12]:<12} {last:<20} {days:>5.1f} {row['pictures']:>11}")
    if len(found) > 40:
        lines.append(f"... and {len(found) - 40:,} more: --json lists them")
    return lines
