"""What did the flood cover? The map of one urgent order over its picture, and the place before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj

from swath.model import Grid, Product
from swath.report.geojson import outline
from swath.report.outcome import Outcome, QuickLook, Urgent
from swath.report.raster import data_uri, edge_png, hatch_png, likelihood_png, photo_uri, shrink, tint_png
from swath.report.svg import drawing, esc, line_path, nice_step, tag, ticks
from swath.report.words import span_between

__all__ = ["before_and_after", "flood_map", "photo"]

Floats = npt.NDArray[np.float64]
NOTHING_KNOWN = 255
_LONGEST_PX = 1000
_WIDTH = 1000.0


@lru_cache(maxsize=8)
def _projection(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, epsg, always_xy=True)


@dataclass(frozen=True)
class _Sheet:
    """The paper of the map: metres of the grid's projection to drawing units."""

    grid: Grid

    @property
    def scale(self) -> float:
        return _WIDTH / (self.grid.width * self.grid.pixel_m)

    @property
    def height(self) -> float:
        return self.grid.height * self.grid.pixel_m * self.scale

    def place(self, east_m: npt.ArrayLike, north_m: npt.ArrayLike) -> tuple[Floats, Floats]:
        x = (np.asarray(east_m, np.float64) - self.grid.west_m) * self.scale
        y = (self.grid.north_m - np.asarray(north_m, np.float64)) * self.scale
        return x, y

    def geographic(self, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
        east_m, north_m = _projection(self.grid.epsg).transform(lon_deg, lat_deg)
        return self.place(east_m, north_m)

    def corners_deg(self) -> tuple[Floats, Floats]:
        west, south, east, north = self.grid.bounds_m
        corners = [west, east, east, west], [north, north, south, south]
        lon, lat = _projection(self.grid.epsg).transform(*corners, direction="INVERSE")
        return np.asarray(lon), np.asarray(lat)

    def image(self, uri: str, grid: Grid, class_: str) -> str:
        west, south, east, north = grid.bounds_m
        x, y = (float(v) for v in self.place(west, north))
        width, height = (east - west) * self.scale, (north - south) * self.scale
        return tag("image", href=uri, x=x, y=y, width=width, height=height, preserveAspectRatio="none", class_=class_)


def flood_map(outcome: Outcome, story: Urgent, product: Product) -> str:
    """Likelihood and outline of the flood, what could not be seen, and the order's outline over the muted picture."""
    sheet = _Sheet(product.grid)
    parts = [tag("rect", x=0, y=0, width=_WIDTH, height=sheet.height, class_="paper")]
    scene = outcome.scene(story.acquisition)
    look = outcome.quicklooks.get(scene.id) if scene else None
    if look is not None:
        parts.append(sheet.image(photo_uri(look.png, longest_px=_LONGEST_PX, muted=True), look.grid, "ground"))
    for name, png in _layers(product):
        parts.append(sheet.image(data_uri(png, "png"), product.grid, f"layer-{name}"))
    parts += [*_graticule(sheet), _order(outcome, story, sheet), _scale_bar(sheet), _north(sheet)]
    said = f"Flood map of {story.request}: blue where water is likely, hatched where nothing could be seen"
    return drawing(_WIDTH, sheet.height, said, *parts, class_="map flood")


def _layers(product: Product) -> Iterator[tuple[str, bytes]]:
    """What is drawn over the picture. Layers hold 255 where nothing is known; ``unseen`` holds 0 where all was seen."""
    if "likelihood" in product.layers:
        likelihood = product.layers["likelihood"]
        known = shrink(likelihood != NOTHING_KNOWN, _LONGEST_PX)
        sums = shrink(np.where(likelihood == NOTHING_KNOWN, 0, likelihood), _LONGEST_PX)
        yield "likelihood", likelihood_png(sums / np.maximum(known, 1e-6) * (known >= 0.5))
    if "flood" in product.layers and "likelihood" in product.layers:
        usual = (
            (product.layers["likelihood"] != NOTHING_KNOWN)
            & (product.layers["likelihood"] >= 50)
            & (product.layers["flood"] != 1)
        )
        yield "normal", tint_png(shrink(usual, _LONGEST_PX) > 0.5)
    if "flood" in product.layers:
        yield "edge", edge_png(shrink(product.layers["flood"] == 1, _LONGEST_PX) > 0.5)
    if "unseen" in product.layers:
        yield "unseen", hatch_png(shrink(product.layers["unseen"] != 0, _LONGEST_PX) > 0.5)


def _order(outcome: Outcome, story: Urgent, sheet: _Sheet) -> str:
    request = outcome.request(story.request)
    if request is None:
        return ""
    lon, lat = np.array(outline(request)).T
    return tag("path", d=line_path(*sheet.geographic(lon, lat), close=True), class_="order-outline")


def _graticule(sheet: _Sheet) -> list[str]:
    lon, lat = sheet.corners_deg()
    step = nice_step(max(float(np.ptp(lon)), float(np.ptp(lat))), 6)
    places = max(0, -math.floor(math.log10(step)))
    parts, names = [], []
    for meridian in ticks(float(lon.min()), float(lon.max()), step):
        x, y = sheet.geographic([meridian, meridian], [lat.min(), lat.max()])
        parts.append(line_path(x, y))
        if 40 < x[0] < _WIDTH - 320:
            names.append(
                _edge_name(
                    f"{abs(meridian):.{places}f} {'E' if meridian >= 0 else 'W'}", float(x[0]) + 5, sheet.height - 8
                )
            )
    for parallel in ticks(float(lat.min()), float(lat.max()), step):
        x, y = sheet.geographic([lon.min(), lon.max()], [parallel, parallel])
        parts.append(line_path(x, y))
        if 40 < y[0] < sheet.height - 40:
            names.append(
                _edge_name(f"{abs(parallel):.{places}f} {'N' if parallel >= 0 else 'S'}", 6.0, float(y[0]) - 5)
            )
    return [tag("path", d="".join(parts), class_="graticule over"), *names]


def _edge_name(text: str, x: float, y: float) -> str:
    return tag("text", text, x=x, y=y, class_="tick halo")


def _scale_bar(sheet: _Sheet) -> str:
    length_m = nice_step(sheet.grid.width * sheet.grid.pixel_m / 3.0, 2)
    width = length_m * sheet.scale
    x, y = _WIDTH - width - 24, sheet.height - 24
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    bar = f"M{x:.1f} {y - 8:.1f}V{y:.1f}H{x + width:.1f}V{y - 8:.1f}"
    backing = tag("rect", x=x - 12, y=y - 34, width=width + 24, height=46, rx=4, class_="plate")
    return (
        backing
        + tag("path", d=bar, class_="scale-bar")
        + tag("text", text, x=x + width / 2, y=y - 14, class_="label mid on-plate")
    )


def _north(sheet: _Sheet) -> str:
    """An arrow to true north, which grid north misses by the meridian convergence."""
    lon, lat = sheet.corners_deg()
    x, y = sheet.geographic([lon.mean(), lon.mean()], [lat.mean(), lat.mean() + 0.01])
    turn_deg = math.degrees(math.atan2(float(x[1] - x[0]), float(y[0] - y[1])))
    arrow = tag("path", d="M0 -24L9 12L0 5L-9 12Z", class_="arrow", transform=f"rotate({turn_deg:.2f})")
    plate = tag("circle", cx=0, cy=0, r=32, class_="plate")
    letter = tag("text", "N", x=0, y=27, class_="tick mid on-plate")
    return tag("g", plate, arrow, letter, transform=f"translate({_WIDTH - 46:g} 46)")


def before_and_after(outcome: Outcome, story: Urgent) -> str:
    """Two pictures side by side, as figures with captions; one alone where the other does not exist."""
    scene = outcome.scene(story.acquisition) if story.acquisition else None
    after = outcome.quicklooks.get(scene.id) if scene else None
    before = outcome.before.get(story.request)
    later = f", {span_between(before.taken, after.taken)} later" if before and after else ""
    pair = [("Before", before), (f"After{later}", after)]
    return tag(
        "div",
        *(photo(outcome, name, look, longest_px=_LONGEST_PX) for name, look in pair if look is not None),
        class_="pair",
    )


def photo(outcome: Outcome, name: str, look: QuickLook, *, longest_px: int) -> str:
    """A picture with its caption; ``name`` stands before it."""
    said = f"{name}: {look.caption}" if name else look.caption
    mark = tag("span", "SIMULATED", class_="stamp") if outcome.simulated else ""
    picture = f'<img src="{photo_uri(look.png, longest_px=longest_px)}" alt="{esc(said)}" loading="lazy">'
    caption = tag("figcaption", tag("b", esc(name)), f" {esc(look.caption)} {mark}")
    return tag("figure", picture, caption)
