"""A region's bulletin from fields and pictures: measured, compared, listed, drawn and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.field_looks import find_looks
from swath.model import SIMULATED
from swath.operate.field_files import write_table
from swath.operate.field_visits import picture_pairs, read_verdicts
from swath.operate.field_work import Measured, matched, measure_fields, neighbours
from swath.product.field_check import check_fields, departures
from swath.product.field_set import FieldSet
from swath.product.field_stale import stale_fields
from swath.product.field_table import series_of
from swath.product.field_verdicts import thresholds_from
from swath.report.bulletin_figures import Bulletin, bulletin_pdf
from swath.report.bulletin_page import bulletin_page
from swath.store.folder import new_folder, write_json, write_whole

__all__ = ["make_bulletin", "write_bulletin"]

_RECENT_DAYS = 25.0


def make_bulletin(
    fields: FieldSet, measured: Measured, scenes: Sequence[Path], *, index: str, region: str, now: np.datetime64 | None,
    verdicts: Path,
) -> Bulletin:  # fmt: skip
    """What the bulletin says, from the looks of its fields."""
    series = series_of(measured.looks, index)
    rows = matched(fields, series)
    crop = fields.crop[rows]
    at = now if now is not None else series.time.max()
    day = (at - series.time) / np.timedelta64(86400, "s")
    past = day > _RECENT_DAYS
    found = departures(series, crop, past)
    usual = found.rest.copy()
    if past.any():  # the crop as a whole against the same weeks of the years before, where there are any
        usual = usual + _crop_departure(series.time, np.where(series.seen, series.mean, np.nan), crop, at)
    usual[:, past | (day < 0)] = np.nan
    last = np.full(len(rows), np.nan)
    for n in range(len(rows)):
        known = np.flatnonzero(np.isfinite(usual[n]) & series.seen[n])
        last[n] = usual[n, known[-1]] if len(known) else np.nan
    stale = stale_fields(series, crop=crop, now=at)
    place = {str(name): n for n, name in enumerate(stale.field)}
    order = [place[str(name)] for name in series.field]
    days = np.where(np.isnat(stale.last_seen), np.nan, stale.stale_s / 86400.0)[order]
    names = list(dict.fromkeys(measured.looks.index.tolist()))
    suspects = check_fields(
        series, crop, now=at, thresholds=thresholds_from(read_verdicts(verdicts)),
        other={name: series_of(measured.looks, name) for name in names if name != index}, near=neighbours(fields, rows),
    ) if (series.seen & (day >= 0) & (day <= _RECENT_DAYS)).any() else []  # fmt: skip
    kept = fields.take(rows)
    pairs = picture_pairs(suspects, kept, find_looks(scenes)[0])
    title = f"Fields of {region}, {np.datetime_as_string(at, 'D')}"
    return Bulletin(
        title, region, at, index, series, crop, list(kept.shapes), kept.area_m2(), last, days, suspects, pairs,
        measured.simulated,
    )  # fmt: skip


def _crop_departure(time: Any, values: Any, crop: Any, at: np.datetime64) -> Any:
    """By how much the middle of a crop lies above that of the same weeks in the years before; 0 without such."""
    off = np.zeros(values.shape)
    year = time.astype("datetime64[Y]")
    of_year = (time - year.astype("datetime64[s]")) / np.timedelta64(86400, "s")
    for kind in np.unique(crop):
        rows = np.flatnonzero(crop == kind)
        for date in np.flatnonzero(year == at.astype("datetime64[Y]")):
            before = np.flatnonzero((year < year[date]) & (np.abs(of_year - of_year[date]) <= 8.0))
            now, then = values[rows, date], values[np.ix_(rows, before)]
            if np.isfinite(now).any() and np.isfinite(then).any():
                off[rows, date] = np.nanmedian(now) - np.nanmedian(then)
    return off


def write_bulletin(
    out: Path, fields: FieldSet, scenes: Sequence[Path], *, indices: Sequence[str], region: str,
    now: np.datetime64 | None, verdicts: Path, progress: Callable[[str, float], None] = lambda what, share: None,
) -> Bulletin:  # fmt: skip
    """The folder of a bulletin: ``bulletin.html``, ``bulletin.pdf``, ``looks.parquet``, ``visit.json``."""
    measured = measure_fields(fields, scenes, indices, progress=progress)
    made = make_bulletin(fields, measured, scenes, index=indices[0], region=region, now=now, verdicts=verdicts)
    mark = f"-{SIMULATED}" if made.simulated else ""
    with new_folder(out) as folder:
        write_whole(folder / f"bulletin{mark}.html", bulletin_page(made))
        write_whole(folder / f"bulletin{mark}.pdf", bulletin_pdf(made))
        write_table(folder / f"looks{mark}.parquet", measured.looks, simulated=made.simulated)
        write_json(folder / f"visit{mark}.json", [one.to_json() for one in made.suspects])
        write_json(folder / "evidence" / "manifest.json", {"made": "swath product fields bulletin", "region": region})
    return made
