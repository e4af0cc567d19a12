"""``swath product score``: how good is a product against the truth?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import JsonOption

if TYPE_CHECKING:
    from swath.product.score import Score

__all__ = ["score"]


def score(
    *,
    product: list[Path],
    truth: list[Path],
    layer: str | None = None,
    yes: str = "1",
    unknown: str = "-1,255",
    json: JsonOption = False,
) -> int:
    """How good is this map against the truth?

    Example: swath product score --product out/f/flood.tif --truth label.tif

    All three means of intersection over union (pixels pooled, chips, classes), precision, recall, F1, accuracy, area
    error and the reliability of the likelihood, with 90 % intervals. The map is held against the truth pixel by pixel
    of the truth's own grid; where the truth is unknown nothing counts; where the map says "not seen" it counts as no.

    Parameters
    ----------
    product
        A product's raster or its folder; several make a score over chips, with as many truths.
    truth
        A raster of classes, or shapes of what is true.
    layer
        Layer of the product; its first unless given.
    yes
        Values of the truth's raster that mean yes.
    unknown
        Values that mean unknown.
    """
    from swath.operate.scoring import score_files

    found, units = score_files(product, truth, layer=layer, yes=_numbers(yes), unknown=_numbers(unknown))
    if json:
        import json as to_json

        print(to_json.dumps(_entry(found, units), indent=2, allow_nan=False))
    else:
        print("\n".join(_lines(found)))
    return 0


def _numbers(text: str) -> tuple[float, ...]:
    from swath.errors import InputError

    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(f"{text!r} are no numbers", fix="Write them as 1,2") from error


def _entry(found: Score, units: list[dict[str, Any]]) -> dict[str, Any]:
    likely = found.reliability
    return {
        "chips": units,
        "pixels": found.count_px,
        "unknown_pixels": found.unknown_px,
        "estimates": {name: e.to_json() for name, e in found.estimates.items()},
        "reliability": None
        if likely is None
        else {
            "said": list(likely.said_share),
            "true": list(likely.true_share),
            "pixels": list(likely.count_px),
            "mean_error": likely.mean_error_share,
            "worst_error": likely.worst_error_share,
        },
    }


def _lines(found: Score) -> list[str]:
    lines = [f"{'':<16} {'VALUE':>8}  90 % INTERVAL"]
    for name, e in found.estimates.items():
        reach = "" if e.low is None or e.high is None else f"{e.low:.3f} to {e.high:.3f}"
        lines.append(f"{name.replace('_', ' '):<16} {e.value:8.3f}  {reach}")
    lines.append(f"{found.count_px} pixels judged, {found.unknown_px} left out as unknown")
    if found.reliability is not None:
        r = found.reliability
        lines += ["", f"{'LIKELIHOOD SAID':<16} {'TRUE':>8}  PIXELS"]
        lines += [f"{a:<16.2f} {b:8.2f}  {n}" for a, b, n in zip(r.said_share, r.true_share, r.count_px, strict=True)]
        lines.append(f"off by {r.mean_error_share:.3f} on average, by {r.worst_error_share:.3f} at worst")
    return lines
