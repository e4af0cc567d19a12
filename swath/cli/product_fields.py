"""``swath product fields``: what pictures say of fields, date by date, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from swath.cli.options import JsonOption

if TYPE_CHECKING:
    from swath.operate.field_work import Measured
    from swath.product.field_set import FieldSet

__all__ = ["FieldsOption", "ScenesOption", "TableOption", "app", "measure", "read_given_fields"]

app = App(
    name="fields",
    help="What do pictures say of fields? Statistics of every date, and what follows from them.",
    help_epilogue="Example: swath product fields --fields farm.gpkg --scenes archive --index ndvi --out looks.parquet",
)
app.command("swath.cli.product_field_curves:curves", name="curves", help="Curves through the gaps, with their doubt.")
app.command("swath.cli.product_field_curves:seasons", name="seasons", help="When did seasons start, peak and end?")
app.command("swath.cli.product_field_stale:stale", name="stale", help="Which fields have not been seen for longest?")
app.command("swath.cli.product_field_check:check", name="check", help="Go and see these 20 fields first.")
app.command("swath.cli.product_field_check:dismiss", name="dismiss", help="This field was all right: learn from it.")
app.command("swath.cli.product_field_zones:zones", name="zones", help="Zones of one field, for spreading and sowing.")
app.command("swath.cli.product_field_bulletin:bulletin", name="bulletin", help="A bulletin of the region.")

FieldsOption = Annotated[
    Path, Parameter(help="GeoJSON, GeoPackage, Shapefile (or a zip of it), KML, KMZ, or CSV with outlines as WKT.")
]
ScenesOption = Annotated[
    list[Path],
    Parameter(
        consume_multiple=True,
        help="STAC items, folders of them (an archive), or GeoTIFF files with a date in their names.",
    ),
]
TableOption = Annotated[Path, Parameter(help="What `swath product fields --out` wrote: .parquet or .csv.")]


@app.default
def measure(
    *,
    fields: FieldsOption,
    scenes: ScenesOption,
    index: str = "ndvi",
    id: str | None = None,
    crop: str | None = None,
    sown: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Statistics of every field on every date: area-weighted exactly, clouds masked, with how much was seen.

    Parameters
    ----------
    index
        One or more of those that `swath product indices` lists, as ndvi,evi2.
    id
        Column of the fields' names, where it is not found by its own.
    crop
        Column of the crop, likewise.
    sown
        Column of the day of sowing, likewise.
    layer
        Of a GeoPackage or an archive with several.
    crs
        Of coordinates whose file does not say, as EPSG:32633.
    out
        Write all rows to this file: .parquet, .csv or .json.
    """
    from swath.cli.orbits import check_form
    from swath.cli.progress import progress_bar
    from swath.operate.field_work import measure_fields

    check_form(out, (".parquet", ".csv", ".json"))
    known = read_given_fields(fields, id=id, crop=crop, sown=sown, layer=layer, crs=crs)
    with progress_bar("fields") as progress:
        measured = measure_fields(known, scenes, [name.strip() for name in index.split(",")], progress=progress)
    _give(measured, known, out, json)
    return 0


def read_given_fields(path: Path, **columns: str | None) -> FieldSet:
    """The fields of a file; its faults go to stderr."""
    import sys

    from swath.sources.field_files import read_fields

    known = read_fields(path, **columns)
    for fault in known.faults[:10]:
        print(f"{path.name}, row {fault.row}, {fault.field}: {fault.fault}: {fault.done}", file=sys.stderr)
    if len(known.faults) > 10:
        print(f"... and {len(known.faults) - 10} more faults; swath product fields --json lists them", file=sys.stderr)
    return known


def _give(measured: Measured, fields: FieldSet, out: Path | None, as_json: bool) -> None:
    import sys

    from swath.operate.field_files import write_table

    rows = _dates(measured)
    for told in measured.told[:5]:
        print(f"left out: {told}", file=sys.stderr)
    if len(measured.told) > 5:
        print(f"... and {len(measured.told) - 5} more left out; --json lists them", file=sys.stderr)
    unseen = _never_seen(measured)
    if unseen:
        words = f"{', '.join(unseen[:5])}{' ...' if len(unseen) > 5 else ''}"
        print(f"seen on no picture: {len(unseen):,} of {len(fields):,} fields ({words})", file=sys.stderr)
    if out is not None:
        write_table(out, measured.looks, simulated=measured.simulated)
        print(f"{len(measured.looks):,} rows -> {out}", file=sys.stderr)
    if as_json:
        import json

        payload = {
            "fields": len(fields),
            "simulated": measured.simulated,
            "dates": rows,
            "faults": [fault.to_json() for fault in fields.faults],
            "left_out": list(measured.told),
        }
        print(json.dumps(payload, indent=2, allow_nan=False))
    elif out is None or sys.stdout.isatty():
        print("\n".join(_lines(rows, len(fields), measured.simulated)))


def _never_seen(measured: Measured) -> list[str]:
    """Fields that no picture shows: they lie elsewhere, or clouds hid them every time."""
    looks = measured.looks
    seen = set(looks.field[looks.seen_m2 > 0.0].tolist())
    return [name for name in dict.fromkeys(looks.field.tolist()) if name not in seen]


def _dates(measured: Measured) -> list[dict[str, Any]]:
    """One row a picture and index: how many fields were seen, and their mean."""
    import numpy as np

    from swath.product.field_table import LEAST_SEEN

    looks, rows = measured.looks, []
    for scene in dict.fromkeys(looks.scene.tolist()):
        for index in dict.fromkeys(looks.index.tolist()):
            part = looks.take((looks.scene == scene) & (looks.index == index))
            seen = part.seen_share >= LEAST_SEEN
            rows.append(
                {
                    "time": f"{np.datetime_as_string(part.time[0], 's')}Z",
                    "scene": scene,
                    "index": index,
                    "fields_seen": int(seen.sum()),
                    "mean": float(np.average(part.index_mean[seen], weights=part.seen_m2[seen]))
                    if seen.any()
                    else None,
                    "clouds": measured.masks[scene],
                }
            )
    return sorted(rows, key=lambda row: (row["time"], row["index"]))


def _lines(rows: list[dict[str, Any]], count: int, simulated: bool) -> list[str]:
    head = f"{'time':<20} {'index':<6} {'seen':>13} {'mean':>7}  {'clouds by':<9} picture"
    lines = [head]
    for row in rows[-40:]:
        mean = "-" if row["mean"] is None else f"{row['mean']:.3f}"
        seen = f"{row['fields_seen']:,}/{count:,}"
        lines.append(
            f"{row['time']:<20} {row['index']:<6} {seen:>13} {mean:>7}  {row['clouds']:<9} {row['scene'][:20]}"
        )
    if len(rows) > 40:
        lines.insert(1, f"... {len(rows) - 40} earlier ones; --json lists them")
    if simulated:
        lines.append("SIMULATED pictures")
    return lines
