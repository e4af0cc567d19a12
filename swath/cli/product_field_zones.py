"""``swath product fields zones``: parts of one field that are alike, for spreading and sowing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.cli.product_fields import FieldsOption, ScenesOption

__all__ = ["zones"]


def zones(
    field: str,
    *,
    fields: FieldsOption,
    scenes: ScenesOption,
    out: Annotated[list[Path], Parameter(consume_multiple=True)],
    index: str = "ndvi",
    levels: int = 4,
    least_m2: float = 2500.0,
    smooth_m: float = 15.0,
    rates: str | None = None,
    json: JsonOption = False,
) -> int:
    """Zones of one field: the parts that are weak or strong look after look, none too small for a machine.

    Example: swath product fields zones f-017 --fields farm.gpkg --scenes archive --out zones.shp zones.gpkg

    Parameters
    ----------
    field
        Its name.
    index
        What is strong: an index that `swath product indices` lists.
    levels
        3 to 5.
    least_m2
        No part of a zone is smaller.
    smooth_m
        Sigma of the smoothing, about half a machine's width.
    rates
        An amount for each zone from the weakest, as 180,160,140,120: a column of the file.
    out
        .shp (with .shx, .dbf, .prj), .gpkg or .geojson; several may be given.
    """
    import sys

    from swath.cli.orbits import check_form
    from swath.cli.product_fields import read_given_fields
    from swath.operate.zone_files import make_zones, parse_rates, write_zones

    for path in out:
        check_form(path, (".shp", ".gpkg", ".geojson"))
    known = read_given_fields(fields)
    amounts = parse_rates(rates, levels)
    made = make_zones(known, field, scenes, index=index, levels=levels, least_m2=least_m2, smooth_m=smooth_m)
    for path in out:
        write_zones(path, made, amounts)
        print(f"{len(made.outlines)} zones -> {path}", file=sys.stderr)
    if json:
        import json as to_json

        print(to_json.dumps(made.to_json(), indent=2, allow_nan=False))
    else:
        print(f"{'zone':>4} {'area ha':>8} {'mean rank':>9}  from {made.looks} looks; every second look agrees on "
              f"{made.agreement_share:.0%}")  # fmt: skip
        for row in made.to_json()["zones"]:
            print(f"{row['zone']:>4} {row['area_m2'] / 1e4:>8.2f} {row['mean_rank']:>9.2f}")
    return 0
