"""What the commands that make a disaster product share: a recipe, its making with a bar, and the answer in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

__all__ = [
    "AreaOption",
    "EventOption",
    "ExcludeOption",
    "ExposureOption",
    "OutFolder",
    "TitleOption",
    "make_product",
    "words",
]

OutFolder = Annotated[Path, Parameter(help="Folder to write; replaced if swath made it, refused if it holds else.")]
AreaOption = Annotated[Path | None, Parameter(help="Area of interest: GeoJSON, GeoPackage, Shapefile, KML.")]
ExcludeOption = Annotated[
    list[Path] | None, Parameter(help="Where nothing can be said: shapes, or a raster that is not 0 there.")
]
ExposureOption = Annotated[
    list[Path] | None,
    Parameter(help="Who and what may be hit: roads, buildings, fields (shapes), people (raster). Several times."),
]
EventOption = Annotated[str | None, Parameter(help="When it happened, ISO 8601 with Z, for the clock.")]
TitleOption = Annotated[str | None, Parameter(help="Title of the maps.")]

Paths = Sequence[Path] | Path | None


def make_product(
    maker: str, inputs: Mapping[str, Paths], parameters: Mapping[str, Any], out: Path, *, as_json: bool
) -> int:
    """Make it, say where it lies and what it says."""
    import json
    import warnings

    import numpy as np

    from swath.cli.progress import progress_bar
    from swath.store.lineage import Recipe, make

    begun = time.monotonic()
    given = {role: [paths] if isinstance(paths, Path) else list(paths or ()) for role, paths in inputs.items()}
    made = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "ms")
    known = {key: value for key, value in parameters.items() if value is not None}
    with progress_bar(maker) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        make(Recipe(maker, given, known, 0, made), out, progress=bar)
    product = json.loads((out / "product.json").read_text("utf-8"))
    if as_json:
        print(json.dumps(product, indent=2, allow_nan=False))
    else:
        print("\n".join(words(product)))
    print(f"{maker} -> {out} in {time.monotonic() - begun:.1f} s", file=sys.stderr)
    return 0


def words(product: Mapping[str, Any]) -> list[str]:
    """The product's numbers as a table of at most 80 columns, and why."""
    import textwrap

    head = f"{'':<26} {'VALUE':>12}  {'90 % INTERVAL':<24}"
    lines = [product["title"] + (" (SIMULATED)" if product["simulated"] else ""), head]
    blind = product["estimates"].get("seen_share", {"value": 1.0})["value"] == 0.0
    for name, entry in product["estimates"].items():
        said = name.removesuffix("_km2").replace("_", " ")
        told = blind and name not in ("unseen_km2", "seen_share")  # half of all, give or take half, is no answer
        lines.append(f"{said[:26]:<26} {'not seen':>12}" if told else _line(said, entry))
    for entry in product["exposure"]:
        lines.append(_line(f"{entry['what']}", entry["affected"]))
        if entry["features"]:
            lines.append(_line(f"{entry['what']}, number", entry["features"]))
        if entry["not_seen"]["value"]:
            lines.append(_line(f"{entry['what']}, not seen", entry["not_seen"]))
    for why, km2 in product["not_seen_km2"].items():
        lines.append(f"  not seen: {why:<15} {km2:12.4g} km2")
    for step in product["clock"]:
        hours = "" if step["hours"] is None else _after(step["hours"])
        lines.append(f"  {step['step']:<12} {step['time']:<24} {hours:>12}")
    return [*lines, *textwrap.wrap(product["because"], 80)]


def _after(hours: float) -> str:
    return f"{hours:+.2f} h" if abs(hours) < 1000.0 else f"{hours / 24.0:+,.0f} days"


def _line(name: str, entry: Mapping[str, Any]) -> str:
    unit = "" if entry["unit"] == "1" else entry["unit"]
    interval = entry["interval"]
    reach = "" if interval is None else f"{interval[0]:.4g} to {interval[1]:.4g}"
    return f"{name[:26]:<26} {entry['value']:12.4g}  {reach:<24} {unit}".rstrip()
