"""A disaster product as a folder: rasters (COG), outlines (GeoPackage), sheets (PDF, PNG), and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.cog import write_cog
from swath.archive.footprint import geojson_outline, grid_outline
from swath.archive.scene import file_stem
from swath.archive.vector_out import Features, outlines, write_geopackage
from swath.model import Estimate, Product, Scene
from swath.product.exposure import Exposed
from swath.product.room import piecewise, strips
from swath.product.sight import CANNOT_BE_SEEN
from swath.report.ems_map import Drawn, Sheet, Tint, sheet_files, thin
from swath.store.folder import write_json, write_whole

__all__ = ["LIMITS", "Look", "Told", "ground_of", "product_json", "write_product_set"]

Array = npt.NDArray[Any]

LIMITS: Mapping[str, tuple[str, ...]] = {
    "flood": (
        "Water under dense plants, trees and between buildings is not seen; hatched ground was not seen at all.",
        "Wet bare soil, shade and very smooth dry ground can pass for water; the likelihood says how sure it is.",
    ),
    "burn": (
        "Harvest, ploughing and drought can pass for low severity; severity is of plants, not of the soil.",
        "Smoke and cloud hide; ground that was bare before is not judged.",
    ),
    "landslide": (
        "Felled woods and cleared fields on slopes look alike at this resolution: check the larger patches.",
        "Slides in shade, under cloud or on bare ground are not seen.",
    ),
    "debris": ("Foam, boats, whitecaps and weeds look like debris; patches below a fifth of a pixel vanish.",),
    "damage": (
        "Seen from above: walls that fell under a standing roof are not seen. 'Cannot tell' is not 'no damage'.",
        "Positions of the two pictures must agree to two pixels.",
    ),
}
SPOKEN = {
    "severity_1": "Low severity", "severity_2": "Moderate-low severity", "severity_3": "Moderate-high severity",
    "severity_4": "High severity", "island": "Unburned islands", "unseen": "Not seen",
    "damaged_count": "Damaged buildings", "told_count": "Buildings that can be told",
}  # fmt: skip
"""how a sheet calls what a product counts, where that is not its own name"""
MAIN_LAYER = {"flood": "flood", "burn": "burn", "landslide": "landslide", "debris": "debris", "damage": "damage"}


@dataclass(frozen=True)
class Told:
    """What a product's folder says besides the product."""

    title: str
    scenes: tuple[Mapping[str, Any], ...]
    """``id``, ``kind`` and ``time`` (or None) of each picture"""
    exposed: tuple[tuple[Exposed, Features | None], ...] = ()
    clock: tuple[Mapping[str, Any], ...] = ()
    land: Sequence[Any] = field(default_factory=tuple)


@dataclass(frozen=True)
class Look:
    """How a kind of product is drawn: colour tints of its layers, and shapes in colours."""

    tints: tuple[Tint, ...]
    drawn: tuple[Drawn, ...] = ()
    """what is graded"""
    outlined: tuple[Drawn, ...] = ()
    """shapes that the delineation has beside its tints"""


def ground_of(scene: Scene | None, grey: Array | None = None) -> npt.NDArray[np.uint8] | None:
    """A picture to draw on: muted colours of a scene, or grey of one band; None without either."""
    if scene is not None:
        bands = [thin(scene.pixels[scene.bands.index(n)]).astype(np.float32) for n in ("red", "green", "blue")]
        known = np.all([b > 0 for b in bands], axis=0)
    elif grey is not None:
        grey = np.asarray(thin(grey), np.float32)
        bands, known = [np.nan_to_num(grey)] * 3, np.isfinite(grey)
    else:
        return None
    if not known.any():
        return None
    out = np.full((*known.shape, 3), 235, np.uint8)
    for k, band in enumerate(bands):
        low, high = np.quantile(band[known][:: max(1, known.sum() // 200_000)], [0.01, 0.99])
        tone = np.clip((band - low) / max(float(high - low), 1e-6), 0.0, 1.0) ** 0.8
        out[..., k] = np.where(known, 40 + 205 * tone, 235)
    mean = out.mean(2, keepdims=True)
    return np.where(known[..., None], 0.62 * out + 0.38 * mean + 8, 235).clip(0, 255).astype(np.uint8)


def write_product_set(
    product: Product, told: Told, look: Look, ground: npt.NDArray[np.uint8] | None, out: Path
) -> None:
    """Write everything into ``out``. A layer keeps its codes; names say SIMULATED where the product is."""
    stem = file_stem(product.kind, simulated=product.simulated)
    write_cog(
        out / f"{stem}.tif", product.layers, product.grid, nodata=255, simulated=product.simulated, categorical=True,
        description=f"{told.title}: {product.because}"[:900],
    )  # fmt: skip
    vectors = _vector_layers(product, told)
    write_geopackage(
        out / f"{stem}.gpkg", vectors, product.grid.epsg,
        description=("SIMULATED: " if product.simulated else "") + told.title,
    )  # fmt: skip
    for name, sheet in _sheets(product, told, look, ground).items():
        for ending, content in sheet_files(sheet).items():
            write_whole(out / f"{file_stem(name, simulated=product.simulated)}{ending}", content)
    notes = [f"{name}: {features.note}" for name, features in vectors.items() if features.note]
    write_json(out / "product.json", product_json(product, told, notes))


def product_json(product: Product, told: Told, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The product in words and numbers; schema: docs/reference/schemas/product.schema.json, part ``made``.

    ``notes``: limits of this one, beside those of its kind.
    """
    geometry, bbox = geojson_outline(*grid_outline(product.grid))
    codes = product.layers.get("unseen")
    hidden = {} if codes is None else _hidden(codes, product.grid.pixel_area_km2)
    return {
        "id": product.id,
        "kind": product.kind,
        "title": told.title,
        "simulated": product.simulated,
        "because": product.because,
        "bbox": bbox,
        "geometry": geometry,
        "epsg": product.grid.epsg,
        "pixel_m": product.grid.pixel_m,
        "scenes": [dict(scene) for scene in told.scenes],
        "estimates": {name: e.to_json() for name, e in product.estimates.items()},
        "not_seen_km2": hidden,
        "exposure": [_exposed_json(e) for e, _ in told.exposed],
        "rows": [dict(row) for row in product.rows],
        "clock": [dict(step) for step in told.clock],
        "limits": [*LIMITS[product.kind], *notes],
    }


def _hidden(codes: Array, pixel_area_km2: float) -> dict[str, float]:
    count = np.zeros(256, np.int64)
    for _, _, rows in strips(codes.shape, 0):
        count += np.bincount(codes[rows].ravel(), minlength=256)
    return {w: round(int(count[c]) * pixel_area_km2, 6) for c, w in CANNOT_BE_SEEN.items() if count[c]}


def _exposed_json(exposed: Exposed) -> dict[str, Any]:
    return {
        "what": exposed.what,
        "affected": exposed.affected.to_json(),
        "features": None if exposed.features is None else exposed.features.to_json(),
        "not_seen": exposed.unseen.to_json(),
        "total": exposed.total.to_json(),
    }


def _vector_layers(product: Product, told: Told) -> dict[str, Features]:
    """Delineation, what was not seen, normal water, and what is exposed with its grade."""
    main = product.layers[MAIN_LAYER[product.kind]]
    likelihood = product.layers.get("likelihood")
    values = {} if likelihood is None else {"likelihood_percent": likelihood}
    found: dict[str, Features] = {}

    def drawn(layer: Array, low: int, high: int, means: Mapping[str, Array] | None = None) -> Features:
        mask = piecewise(lambda part: (part >= low) & (part <= high), layer, dtype=np.bool_)
        return outlines(mask, product.grid, means)

    if product.kind == "burn":
        severity = product.layers["severity"]
        for code, name in enumerate(("low", "moderate_low", "moderate_high", "high"), 1):
            found[f"severity_{name}"] = drawn(severity, code, code)
        found["unburned_islands"] = drawn(product.layers["island"], 1, 1)
    if product.kind != "damage":
        found = {"delineation": drawn(main, 1, 1, values), **found}
    if "unseen" in product.layers:
        found["not_seen"] = drawn(product.layers["unseen"], 1, 255)
    if "normal" in product.layers:
        found["normal_water"] = drawn(product.layers["normal"], 50, 100)
    for exposed, features in told.exposed:
        if features is not None:
            found[f"grading_{exposed.what}"] = features
    return found


def _sheets(product: Product, told: Told, look: Look, ground: npt.NDArray[np.uint8] | None) -> dict[str, Sheet]:
    times = [str(s["time"]) for s in told.scenes if s["time"]]
    situation = f"Situation as of {max(times)}" if times else "Time of the picture not given"
    sources = [f"{s['kind']}: {s['id']}, {s['time'] or 'time not given'}" for s in told.scenes]
    sources.append(f"Method: {product.because}")
    common: dict[str, Any] = {
        "title": told.title,
        "place": product.id,
        "situation": situation,
        "grid": product.grid,
        "ground": ground,
        "sources": tuple(sources),
        "limits": LIMITS[product.kind],
        "simulated": product.simulated,
        "land": told.land,
    }
    marks = tuple(d for d in look.drawn if not d.filled)
    named = sorted(product.estimates.items(), key=lambda one: one[0] == "unseen_km2")  # what was found comes first
    blind = "seen_share" in product.estimates and product.estimates["seen_share"].value == 0.0
    facts = tuple(
        (_fact(name, e)[0], "not seen") if blind and name != "unseen_km2" else _fact(name, e)
        for name, e in named
        if name != "seen_share"
    )
    graded = tuple(_fact(exposed.what, exposed.affected) for exposed, _ in told.exposed)
    counted = tuple(
        _fact(f"{exposed.what}, number", exposed.features) for exposed, _ in told.exposed if exposed.features
    )
    sheets = {
        "map_reference": Sheet(kind="Reference map", tints=(), drawn=marks, facts=(), **common),
        "map_delineation": Sheet(kind="Delineation map", tints=look.tints, drawn=look.outlined, facts=facts, **common),
    }
    if told.exposed or product.kind in ("burn", "damage"):
        more = () if product.kind == "damage" else (*graded, *counted)  # buildings are what damage is told of
        sheets["map_grading"] = Sheet(
            kind="Grading map", tints=look.tints, drawn=look.drawn, facts=(*facts, *more), **common
        )
    return sheets


def _fact(name: str, e: Estimate) -> tuple[str, str]:
    """A number with its unit and interval, as people write them."""
    unit, scale = e.unit, 1.0
    largest = max(abs(v) for v in (e.value, e.low, e.high) if v is not None)
    if name.endswith("_km2"):
        name = name.removesuffix("_km2")
        unit, scale = ("ha", 100.0) if largest < 1.0 else ("km2", 1.0)
    if unit == "m":
        unit, scale = "km", 1e-3
    if unit == "m2":
        unit, scale = "ha", 1e-4
    shown = "" if unit == "1" else f" {unit}"
    write = (lambda value: f"{value:,.0f}") if unit == "1" else _number  # counted things are whole
    text = f"{write(e.value * scale)}{shown}"
    if e.low is not None and e.high is not None:
        text += f"  ({write(e.low * scale)} to {write(e.high * scale)})"
    return SPOKEN.get(name, name.replace("_", " ").capitalize()), text


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.2f}"
