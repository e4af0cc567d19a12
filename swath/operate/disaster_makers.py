"""The makers of disaster products (entry points of ``swath.makers``): from a recipe's files to a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.given import Given, open_given
from swath.archive.looks import read_bands, read_scene, read_values
from swath.archive.scratch import room_in
from swath.archive.vector_out import Features
from swath.errors import InputError
from swath.model import Grid, Product, Scene
from swath.operate.clock import clock_of
from swath.operate.disaster_files import Look, Told, ground_of, write_product_set
from swath.operate.disaster_inputs import (
    Asked,
    is_radar,
    is_raster,
    open_asked,
    read_area,
    read_exclusion,
    read_heights,
    read_normal_water,
    read_projected,
    see_water,
)
from swath.product.burn import burn_product
from swath.product.damage import GRADES, damage_product
from swath.product.debris import debris_product
from swath.product.exposure import Exposed, cut_lines, expose, sample_raster, sample_shapes
from swath.product.flood_map import flood_of
from swath.product.landslide import landslide_product
from swath.product.room import layers_in, piecewise
from swath.product.sight import hide
from swath.report.ems_map import Drawn, Tint, thin
from swath.sources.land import land_rings
from swath.store.lineage import Progress, Recipe
from swath.time import format_utc

__all__ = ["make_burn", "make_damage", "make_debris", "make_flood", "make_landslide"]

Array = npt.NDArray[Any]
PIECE_M = 100.0
"""of a road, graded by itself"""
Maker = Callable[[Recipe, Path, Progress], None]
BLUE, NAVY, HATCH = "#2c7fd1", "#0b3d78", "#8a2d1c"
SEVERITY_COLOURS = ("#f7d154", "#f29b38", "#d9532c", "#7d1128")
GRADE_COLOURS = ("#4c9f70", "#f7d154", "#f29b38", "#b3261e", "#8a929a")


def _with_room(maker: Maker) -> Maker:
    """The same, with layers that are too large for memory in files where the product is made."""

    @wraps(maker)
    def made(recipe: Recipe, out: Path, progress: Progress) -> None:
        with layers_in(room_in(out)):
            maker(recipe, out, progress)

    return made


@_with_room
def make_flood(recipe: Recipe, out: Path, progress: Progress) -> None:
    """Flood from cameras and radar, against earlier pictures or a map of normal water, and what it reached."""
    asked = open_asked(recipe)
    progress("reading", 0.1)
    heights, grid = read_heights(recipe, asked.grid), asked.grid
    now, before, scene = see_water(asked, recipe, heights)
    progress("water", 0.4)
    now = hide(now, read_exclusion(recipe.inputs.get("exclude", ()), grid))
    water = read_normal_water(recipe.inputs.get("water", ()), grid)
    area = read_area(recipe, asked)
    product = flood_of(now, before=before, normal_water=water, area=area, id=f"{now.scenes[0]}-flood")
    progress("what it reached", 0.6)
    told, drawn = _told(recipe, asked, product, now.logit_sigma)
    grey = None
    if scene is None:
        bands = read_bands(asked.now[0], grid, ("vv", "hh", "vh", "hv"))
        grey = np.clip(thin(next(iter(bands.values()))), -25.0, 3.0)
    progress("maps", 0.8)
    shown = {name: thin(layer) for name, layer in product.layers.items()}
    tints = [Tint("Flood" if "normal" in shown else "Water, usual or flood", shown["flood"] == 1, BLUE)]
    if "normal" in shown:
        tints.append(Tint("Normal water", (shown["normal"] >= 50) & (shown["normal"] <= 100), NAVY))
    tints.append(Tint("Could not be seen", (shown["unseen"] != 0) & thin(area), HATCH, hatched=True))
    write_product_set(product, told, Look(tuple(tints), drawn), ground_of(scene, grey), out)


@_with_room
def make_burn(recipe: Recipe, out: Path, progress: Progress) -> None:
    """Burned area, severity and islands from a picture before and one after."""
    asked, scene, before = _pair(recipe)
    progress("burn", 0.3)
    blind = _blind(recipe, asked)
    product = burn_product(
        scene, before, area=read_area(recipe, asked), by=str(recipe.parameters.get("by") or "dnbr"), blind=blind
    )
    told, drawn = _told(recipe, asked, product, 1.0)
    progress("maps", 0.7)
    names = ("Low", "Moderate-low", "Moderate-high", "High")
    tints = [
        Tint(f"{name} severity", thin(product.layers["severity"]) == k, SEVERITY_COLOURS[k - 1], 0.8)
        for k, name in enumerate(names, 1)
    ]
    tints.append(Tint("Unburned island", thin(product.layers["island"]) == 1, "#3f8f4f", 0.7))
    tints.append(Tint("Could not be seen", thin(product.layers["unseen"]) != 0, HATCH, hatched=True))
    write_product_set(product, told, Look(tuple(tints), drawn), ground_of(scene), out)


@_with_room
def make_landslide(recipe: Recipe, out: Path, progress: Progress) -> None:
    """Ground that slid, from a picture before and one after, and heights if there are any."""
    asked, scene, before = _pair(recipe)
    progress("landslides", 0.3)
    blind = _blind(recipe, asked)
    heights, area = read_heights(recipe, asked.grid), read_area(recipe, asked)
    product = landslide_product(scene, before, height_m=heights, area=area, blind=blind)
    told, drawn = _told(recipe, asked, product, 1.0)
    progress("maps", 0.7)
    tints = (
        Tint("Likely landslide", thin(product.layers["landslide"]) == 1, "#a2540f", 0.85),
        Tint("Could not be seen", thin(product.layers["unseen"]) != 0, HATCH, hatched=True),
    )
    write_product_set(product, told, Look(tints, drawn), ground_of(scene), out)


@_with_room
def make_debris(recipe: Recipe, out: Path, progress: Progress) -> None:
    """What floats on water, from one picture."""
    asked = open_asked(recipe, ("optical",))
    water, _, scene = see_water(asked, recipe, None)
    if scene is None:
        raise InputError("debris is sought by a camera", fix="Give --optical")
    progress("debris", 0.4)
    normal = read_normal_water(recipe.inputs.get("water", ()), asked.grid)
    product = debris_product(scene, water, normal_water=normal, area=read_area(recipe, asked))
    told, drawn = _told(recipe, asked, product, 1.0)
    tints = (
        Tint("Water", thin(water.water), BLUE, 0.35),
        Tint("Likely debris", thin(product.layers["debris"]) == 1, "#c2185b", 0.95),
        Tint("Could not be seen", thin(product.layers["unseen"]) != 0, HATCH, hatched=True),
    )
    write_product_set(product, told, Look(tints, drawn), ground_of(scene), out)


@_with_room
def make_damage(recipe: Recipe, out: Path, progress: Progress) -> None:
    """Grade of each building from a picture before and one after."""
    asked = open_asked(recipe, ("optical",))
    if not asked.before or not recipe.inputs.get("buildings"):
        raise InputError("a picture from before and footprints are needed", fix="Give --before and --buildings")
    grid = asked.grid
    bright = [_brightness(one, grid) for one in (asked.before[0], asked.now[0])]
    progress("buildings", 0.3)
    shapes, columns = read_projected(recipe.inputs["buildings"][0], grid)
    good = shapely.is_valid(shapes) & np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    if not good.any():
        raise InputError("no footprint is a valid polygon", where=str(recipe.inputs["buildings"][0]), fix="Repair them")
    names = [str(v) for v in columns.get("id", range(1, len(shapes) + 1))]
    product = damage_product(
        bright[0], bright[1], list(shapes[good]), grid, ids=[n for n, g in zip(names, good, strict=True) if g],
        scenes=(asked.before[0].id, asked.now[0].id), simulated=asked.now[0].simulated or asked.before[0].simulated,
    )  # fmt: skip
    kept = {key: [row[key] for row in product.rows] for key in ("building", "grade", "because")}
    numbers = {k: [np.nan if r[k] is None else r[k] for r in product.rows] for k in ("likelihood", "change")}
    features = Features(list(shapes[good]), kept | numbers, "MultiPolygon")
    drawn = tuple(
        Drawn(
            grade.capitalize(),
            [s for s, g in zip(shapes[good], kept["grade"], strict=True) if g == grade],
            c,
            0.5,
            True,
        )
        for grade, c in zip(GRADES, GRADE_COLOURS, strict=True)
    )
    told, _ = _told(recipe, asked, product, 1.0)
    buildings = Exposed("buildings", product.estimates["damaged_count"], None, *_none(len(product.rows)), np.zeros(0))
    told = Told(told.title, told.scenes, ((buildings, features),), told.clock, told.land)
    write_product_set(product, told, Look((), drawn, drawn[1:4]), ground_of(None, bright[1]), out)


def _blind(recipe: Recipe, asked: Asked) -> npt.NDArray[np.bool_]:
    """Where the user lets nothing be said."""
    codes = read_exclusion(recipe.inputs.get("exclude", ()), asked.grid)
    return piecewise(lambda part: part != 0, codes, dtype=np.bool_)


def _none(total: int) -> tuple[Any, Any]:
    from swath.model import Estimate

    return Estimate(0.0, "1", because="see the grade 'cannot tell'"), Estimate(float(total), "1", because="counted")


def _brightness(given: Given, grid: Grid) -> Array:
    """Mean of the visible bands, or the only band there is."""
    bands = read_bands(given, grid, ("red", "green", "blue"))
    if bands:
        return piecewise(lambda *parts: np.mean(parts, axis=0), *bands.values(), dtype=np.float32)
    return read_values(given, grid)


def _pair(recipe: Recipe) -> tuple[Asked, Scene, Scene]:
    asked = open_asked(recipe, ("optical",))
    if not asked.before:
        raise InputError("a picture from before is needed", fix="Give --before")
    return asked, read_scene(asked.now[0], asked.grid), read_scene(asked.before[0], asked.grid)


def _told(recipe: Recipe, asked: Asked, product: Product, logit_sigma: float) -> tuple[Told, tuple[Drawn, ...]]:
    """Title, pictures, what is exposed and the clock; and the shapes to draw."""
    scenes = [_scene_json(one, "before") for one in asked.before]
    scenes += [_scene_json(one, "radar" if is_radar(one) else "optical") for one in asked.now]
    exposed, drawn = [], []
    for path in recipe.inputs.get("exposure", ()):
        one, features = _exposed(path, product, logit_sigma)
        exposed.append((one, features))
        drawn += _drawn(one.what, features)
    return (
        Told(
            str(recipe.parameters.get("title") or f"{product.kind.capitalize()} map"),
            tuple(scenes),
            tuple(exposed),
            clock_of(recipe, [one for one in asked.now if one.time is not None]),
            land_rings(),
        ),
        tuple(drawn),
    )


def _scene_json(given: Given, kind: str) -> Mapping[str, Any]:
    time = None if given.time is None else format_utc(given.time)
    return {"id": given.id, "kind": kind, "time": time, "simulated": given.simulated}


def _exposed(path: Path, product: Product, logit_sigma: float) -> tuple[Exposed, Features | None]:
    """What of a file's content the product reaches, and its features with a grade each; of lines, of each piece."""
    grid, what = product.grid, path.stem.lower()
    likelihood, normal = product.layers["likelihood"], product.layers.get("normal")
    if is_raster(path):
        samples = sample_raster(read_values(open_given(path), grid, total=True), what)
        return expose(samples, likelihood, grid=grid, logit_sigma=logit_sigma, normal=normal), None
    shapes, columns = read_projected(path, grid)
    small = float(np.median(shapely.area(shapes))) < 2_000.0
    samples = sample_shapes(list(shapes), grid, what, counted=small)
    found = expose(samples, likelihood, grid=grid, logit_sigma=logit_sigma, normal=normal)
    names = columns.get("id") or columns.get("name") or list(range(1, len(shapes) + 1))
    there = np.flatnonzero(~shapely.is_empty(shapes))
    kind = {0: "MultiPoint", 4: "MultiPoint", 3: "MultiPolygon", 6: "MultiPolygon"}.get(
        int(shapely.get_type_id(shapes[there[0]])), "MultiLineString"
    )
    graded, of, per = shapes[there], there, found.per_feature[there]
    if kind == "MultiLineString":  # a road is not affected as a whole: its length tells, not how many roads there are
        found = replace(found, features=None)
        graded, part_of = cut_lines(graded, PIECE_M)
        of = there[part_of]
        pieces = sample_shapes(list(graded), grid, what)
        per = expose(pieces, likelihood, grid=grid, logit_sigma=logit_sigma, normal=normal).per_feature
    data = {
        "id": [str(names[number]) for number in of],
        "likelihood_percent": np.round(100.0 * per, 1).tolist(),
        "grade": [_grade(share) for share in per],
    }
    return found, Features(list(graded), data, kind)


def _grade(share: float) -> str:
    if np.isnan(share):
        return "cannot tell"
    return "affected" if share >= 0.7 else "possibly affected" if share >= 0.3 else "not affected"


def _drawn(what: str, features: Features | None) -> list[Drawn]:
    if features is None:
        return []
    grades = features.columns["grade"]
    colours = {
        "not affected": "#5a6672",
        "possibly affected": "#f2a538",
        "affected": "#b3261e",
        "cannot tell": "#9aa3ab",
    }
    return [
        Drawn(
            f"{what.capitalize()}, {grade}",
            [s for s, g in zip(features.shapes, grades, strict=True) if g == grade],
            colour,
        )
        for grade, colour in colours.items()
        if grade in grades
    ]
