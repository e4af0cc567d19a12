"""``swath product crops``: which crop stands where, learnt in some regions, mapped in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import JsonOption

if TYPE_CHECKING:
    from swath.product.crops import CropMap, CropModel

__all__ = ["crops"]


def crops(
    *,
    train: Path,
    on: Path,
    crop: str = "crop",
    region: str = "region",
    id: str | None = None,
    least: int = 30,
    out: Path | None = None,
    json: JsonOption = False,
    seed: int = 0,
) -> int:
    """Which crop stands in each of these fields? Learnt from fields whose crop is known, in other regions or years.

    Example: swath product crops --train known.csv --on new.csv --out map.csv

    Parameters
    ----------
    train
        A .csv or .parquet table, one row a field: its crop, its region if there are several, and an index like NDVI in
        columns whose names end with a day of the year (ndvi_doy_113) or a date (ndvi_2026-04-23); or what `swath
        product fields --out` wrote.
    on
        The same of the fields to be mapped. Only their values are looked at; where the crop is known, the map is
        scored.
    crop, region, id
        Columns of the crop, the region and the name.
    least
        Crops of fewer fields are not learnt.
    out
        .csv, .parquet or .json: the likeliest crop of each field and the likelihood of every crop.
    seed
        Of everything that is drawn.
    """
    import sys

    from swath.cli.orbits import check_form
    from swath.operate.crop_files import known_scores, read_series, write_map
    from swath.product.crops import map_crops, train_crops

    check_form(out, (".csv", ".parquet", ".json"))
    known, asked = (read_series(path, crop=crop, region=region, id=id) for path in (train, on))
    known, asked = known.alike(asked)
    model = train_crops(known.values, known.crop, known.region, asked=asked.values, least=least, seed=seed)
    found = map_crops(model, asked.values)
    scores = known_scores(found, asked.crop)
    if out is not None:
        write_map(out, found, asked.id)
        print(f"{len(asked.id):,} fields -> {out}", file=sys.stderr)
    if json:
        import json as to_json

        print(to_json.dumps(_payload(model, found, asked.id, scores), indent=2, allow_nan=False))
    else:
        print("\n".join(_lines(model, found, scores)))
    return 0


def _payload(model: CropModel, found: CropMap, names: Any, scores: dict[str, float] | None) -> dict[str, Any]:
    likely = found.likelihood.max(axis=1)
    return {
        "crops": found.classes.tolist(),
        "because": model.because,
        "scores": scores,
        "fields": [
            {"field": str(name), "crop": str(one), "likelihood": round(float(p), 4), "looks": int(n)}
            for name, one, p, n in zip(names, found.crop, likely, found.looks, strict=True)
        ],
    }


def _lines(model: CropModel, found: CropMap, scores: dict[str, float] | None) -> list[str]:
    import textwrap

    chosen, likely = found.crop, found.likelihood.max(axis=1)
    lines = [f"{'crop':<20} {'fields':>8} {'expected':>9} {'mean likelihood':>16}"]
    for number, name in enumerate(found.classes):
        here = chosen == name
        mean = f"{likely[here].mean():.0%}" if here.any() else "-"
        expected = found.likelihood[:, number].sum()
        lines.append(f"{name[:20]:<20} {int(here.sum()):>8,} {expected:>9,.0f} {mean:>16}")
    lines += textwrap.wrap(f"Chosen by {model.because}.", 80)
    if scores is not None:
        lines.append(
            f"Known ({scores['fields']:,.0f} fields): {scores['accuracy']:.1%} right, macro-F1 "
            f"{scores['macro_f1']:.3f}, calibration error {scores['calibration_error']:.3f}"
        )
    return lines
