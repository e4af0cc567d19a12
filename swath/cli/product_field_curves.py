"""``swath product fields curves`` and ``... seasons``: through the gaps, with doubt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import JsonOption
from swath.cli.product_fields import TableOption

if TYPE_CHECKING:
    from swath.product.field_table import FieldLooks, FieldSeries

__all__ = ["curves", "given_series", "seasons"]


def given_series(table: Path, index: str) -> tuple[FieldLooks, FieldSeries]:
    """The looks of a table and the series of one index."""
    from swath.errors import InputError
    from swath.operate.field_work import read_field_looks
    from swath.product.field_table import series_of

    looks = read_field_looks(table)
    if index not in looks.index:
        listed = ", ".join(dict.fromkeys(looks.index.tolist()))
        raise InputError(f"no index {index!r} is in it", where=str(table), fix=f"It has {listed or 'no row'}")
    return looks, series_of(looks, index)


def curves(*, table: TableOption, out: Path, index: str = "ndvi", every_days: float = 5.0, seed: int = 0) -> int:
    """Curves of all fields in equal steps, clouds or not, with the interval that holds a clear look 9 times in 10.

    Example: swath product fields curves --table looks.parquet --out curves.parquet

    Parameters
    ----------
    index
        Which index of the table.
    every_days
        Step of the curves.
    out
        .parquet, .csv or .json: a row a field and step.
    seed
        Of the choice of fields that the law is learnt from.
    """
    import sys

    import numpy as np

    from swath.cli.orbits import check_form
    from swath.errors import InputError
    from swath.operate.field_files import write_table
    from swath.product.curves import fit_curves
    from swath.product.field_table import curve_rows

    check_form(out, (".parquet", ".csv", ".json"))
    if not 0.5 <= every_days <= 100.0:
        raise InputError(f"a step of {every_days:g} days", fix="Give --every-days 0.5 to 100")
    _, series = given_series(table, index)
    step = np.timedelta64(round(every_days * 86400), "s")
    at = np.arange(series.time.min(), series.time.max() + step, step)
    found = fit_curves(series.time, series.mean, series.seen, at=at, seed=seed)
    write_table(out, curve_rows(series.field, found, index))
    few = int(np.isnan(found.mean[:, 0]).sum())
    left = f"; {few:,} fields have fewer than five clear looks" if few else ""
    print(f"{len(series.field):,} curves of {len(at)} steps -> {out}{left}", file=sys.stderr)
    return 0


def seasons(
    *,
    table: TableOption,
    index: str = "ndvi",
    start: str | None = None,
    stop: str | None = None,
    share: float = 0.5,
    out: Path | None = None,
    json: JsonOption = False,
    seed: int = 0,
) -> int:
    """When did each field's season start, peak and end, and how sure is that?

    Example: swath product fields seasons --table looks.parquet --start 2026-01-01T00:00:00Z

    Parameters
    ----------
    index
        Which index of the table.
    start, stop
        Look between these times, ISO 8601 with Z; else from the first picture to the last.
    share
        Of the way from the hollow to the peak that counts as start and end.
    out
        .parquet, .csv or .json.
    seed
        Of the likely curves that are measured.
    """
    from swath.cli.orbits import check_form
    from swath.operate.field_files import write_table
    from swath.product.curves import learn_law
    from swath.product.season import find_seasons
    from swath.time import parse_utc

    check_form(out, (".parquet", ".csv", ".json"))
    _, series = given_series(table, index)
    law = learn_law(series.time, series.mean, series.seen, seed=seed)
    ends = [parse_utc(start) if start else series.time.min(), parse_utc(stop) if stop else series.time.max()]
    found = find_seasons(
        series.time, series.mean, series.seen, start=ends[0], stop=ends[1],
        law=law, share=share, seed=seed,
    )  # fmt: skip
    rows = [{**row, "field": str(series.field[row["field"]])} for row in found.to_json()]
    if out is not None:
        write_table(out, found.named(series.field))
    if json:
        import json as to_json

        plain = [{k: None if v != v or v == "NaT" else v for k, v in row.items()} for row in rows]
        print(to_json.dumps({"index": index, "share": share, "seasons": plain}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_season_lines(rows)))
    return 0


def _season_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"{'field':<16} {'start':<17} {'peak':<17} {'end':<17} {'at peak':>7}"]
    for row in rows[:60]:
        dates = [_date(row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in ("start", "peak", "end")]
        lines.append(f"{row['field'][:16]:<16} {dates[0]:<17} {dates[1]:<17} {dates[2]:<17} {row['index_peak']:>7.2f}")
    if len(rows) > 60:
        lines.append(f"... and {len(rows) - 60:,} more: --out FILE.csv or --json")
    return lines


def _date(middle: str, low: str, high: str) -> str:
    import numpy as np

    if middle in ("NaT", "") or middle is None:
        return "not seen"
    half = (np.datetime64(high.rstrip("Z")) - np.datetime64(low.rstrip("Z"))) / np.timedelta64(2, "D")
    return f"{middle[:10]} ± {max(half, 1.0):.0f} d"
