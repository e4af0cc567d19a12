"""Lists of fields to visit from files, with pictures; verdicts kept in a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.field_looks import Look, find_looks, unseen_mask
from swath.errors import DataError, InputError
from swath.operate.field_files import require_marked, write_features
from swath.operate.field_work import matched, neighbours, read_field_looks
from swath.product.field_check import Suspect, check_fields
from swath.product.field_set import FieldSet
from swath.product.field_table import series_of
from swath.product.field_verdicts import Verdict, parse_verdicts, thresholds_from
from swath.report.field_chips import chip_png
from swath.report.visit_page import visit_page
from swath.store.folder import write_json, write_whole
from swath.time import parse_utc

__all__ = ["add_verdict", "find_suspects", "picture_pairs", "read_verdicts", "write_suspects"]


def read_verdicts(path: Path) -> tuple[Verdict, ...]:
    """What was kept; none where there is no file yet. :class:`DataError` where it cannot be read."""
    if not path.exists():
        return ()
    try:
        return parse_verdicts(json.loads(path.read_text("utf-8")), where=str(path))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"no verdicts: {error}", where=str(path), fix="Name another file: --verdicts") from error


def find_suspects(
    fields: FieldSet, table: Path, *, index: str, at: str | None, most: int, verdicts: Path
) -> list[Suspect]:
    """:func:`swath.product.field_check.check_fields` of a table's series."""
    looks = read_field_looks(table)
    names = list(dict.fromkeys(looks.index.tolist()))
    if index not in names:
        raise InputError(f"no index {index!r} is in it", where=str(table), fix=f"It has {', '.join(names)}")
    series = series_of(looks, index)
    rows = matched(fields, series)
    now = parse_utc(at).astype("datetime64[s]") if at else series.time.max()
    other = {name: series_of(looks, name) for name in names if name != index}
    return check_fields(
        series, fields.crop[rows], now=now, thresholds=thresholds_from(read_verdicts(verdicts)), other=other,
        near=neighbours(fields, rows), most=most,
    )  # fmt: skip


def add_verdict(
    listed: Sequence[Suspect], field: str, *, confirm: bool, because: str, verdicts: Path
) -> tuple[float, float]:
    """Keep a verdict on a listed field; the threshold before and after. :class:`InputError` where it is not listed."""
    found = [one for one in listed if one.field == field]
    if not found:
        names = ", ".join(one.field for one in listed[:8])
        raise InputError(f"{field!r} is not on the list", fix=f"On it are {names or 'no fields'}")
    one, known = found[0], read_verdicts(verdicts)
    word = "confirmed" if confirm else "dismissed"
    made = Verdict(
        one.field, one.crop, one.kind, word, one.score_ratio, f"{np.datetime_as_string(one.time, 's')}Z", because
    )
    write_json(verdicts, [verdict.to_json() for verdict in (*known, made)])
    key = (one.field, one.crop, one.kind)
    return thresholds_from(known).of(*key), thresholds_from((*known, made)).of(*key)


def picture_pairs(
    suspects: Sequence[Suspect], fields: FieldSet, looks: Sequence[Look]
) -> dict[str, tuple[bytes, bytes]]:
    """Of each suspect the picture before and the one that shows it, as PNG; fields without both are left out."""
    by_time: dict[Any, list[Look]] = {}
    for look in looks:
        by_time.setdefault(look.time, []).append(look)
    shapes = dict(zip(fields.id.tolist(), fields.shapes, strict=True))
    pairs, masks = {}, {}
    for one in suspects:
        chips = []
        for time in (one.before, one.time):
            for look in by_time.get(time, []):
                if look.id not in masks:
                    masks[look.id] = unseen_mask(look)[0]
                if chip := chip_png(look, shapes[one.field], masks[look.id]):
                    chips.append(chip)
                    break
        if len(chips) == 2:
            pairs[one.field] = (chips[0], chips[1])
    return pairs


def write_suspects(
    out: Path, suspects: Sequence[Suspect], fields: FieldSet, table: Path, index: str, scenes: Sequence[Path]
) -> Path:
    """The list in the form of the file's ending."""
    looks = find_looks(scenes)[0] if scenes else []
    simulated = "SIMULATED" in table.name.upper() or any(look.simulated for look in looks)
    require_marked(out, simulated)
    shapes = dict(zip(fields.id.tolist(), fields.shapes, strict=True))
    lon, lat = fields.centres_deg()
    at = {str(id): (float(x), float(y)) for id, x, y in zip(fields.id, lon, lat, strict=True)}
    rows = [_plain_row(rank, one, at[one.field]) for rank, one in enumerate(suspects, 1)]
    if out.suffix == ".geojson":
        return write_features(out, [shapes[one.field] for one in suspects], rows, simulated=simulated)
    if out.suffix == ".json":
        return write_json(out, {"index": index, "visit": [one.to_json() for one in suspects]})
    if out.suffix == ".csv":
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(_COLUMNS))
        writer.writeheader()
        writer.writerows(rows)
        return write_whole(out, text.getvalue())
    series = series_of(read_field_looks(table), index)
    pairs = picture_pairs(suspects, fields, looks)
    return write_whole(out, visit_page(suspects, series, index=index, places=at, pairs=pairs, simulated=simulated))


_COLUMNS = (
    *("rank", "field", "crop", "kind", "score", "lon_deg", "lat_deg", "time", "before", "value", "usual_low"),
    *("usual_high", "points_to"),
)


def _plain_row(rank: int, one: Suspect, at: tuple[float, float]) -> dict[str, Any]:
    points = "; ".join(made.test for made in one.tests if made.result == "points to it")
    values = (
        *(rank, one.field, one.crop, one.kind, round(one.score_ratio, 2), round(at[0], 6), round(at[1], 6)),
        *(f"{np.datetime_as_string(one.time, 's')}Z", f"{np.datetime_as_string(one.before, 's')}Z"),
        *(round(one.index_mean, 3), round(one.index_low, 3), round(one.index_high, 3), points),
    )
    return dict(zip(_COLUMNS, values, strict=True))
