"""Sites: simulated landscapes at real places, whose truth is known to the last pixel. And the clouds over them.

A site is drawn from a seed and lies in the UTM zone of its place (UPS beyond 84 N and 80 S). The same seed gives the
same ground for ever; a flood is the same ground with water on it, so it can be pictured before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyproj

from swath.errors import InputError
from swath.fly import camera_kernels, kernels
from swath.fly import materials as looks
from swath.fly.landscape import Character, Layout, draw_layout, fractal_noise, relief_m
from swath.model import Grid, Place

__all__ = [
    "FLOOD_SHARE",
    "KINDS",
    "Site",
    "Sky",
    "make_site",
    "make_sky",
    "nodes",
    "polygon_pixels",
    "site_epsg",
    "sky_map",
    "to_site",
]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

KINDS = {
    "field": Character((14.0, 32.0), 0.45, 0.10, (150.0, 420.0), 0.05, 42e3),
    "watch": Character((30.0, 80.0), 0.80, 0.35, (300.0, 800.0), 0.10, 30e3),
    "area": Character((50.0, 110.0), 0.90, 0.07, (250.0, 900.0), 0.09, 48e3),
    "flood": Character((190.0, 280.0), 1.00, 0.06, (250.0, 900.0), 0.05, 48e3),
}
"""the kinds of request (``model.Request.kind``) and the country that is drawn for them"""

FLOOD_SHARE = (0.10, 0.26)
"""the water is raised until it could cover a share of the place from this range; what stands high stays dry"""

_CELL = 8
"""truth pixels per coarse cell of relief and vigour"""
_CLOUD_CELL = 8
_LARGEST_PIXELS = 120e6


@dataclass(frozen=True)
class Sky:
    """The clouds over a site at one moment. Simulated; drawn as seen from above, at one height."""

    opacity: Singles
    """``(row, column)`` 0 to 1 on coarse cells of ``cell`` truth pixels; repeats at its edges"""
    cell: int
    shadow_east_m: float
    shadow_north_m: float
    """where the shadow of a cloud falls, from the cloud's place on the map"""
    height_m: float
    cover: float
    """share of the place that is covered (opacity over a half), as asked for"""


@dataclass(frozen=True)
class Site:
    """A simulated landscape with known truth. ``grid`` has pixels 2 to 2.5 times finer than the pictures."""

    place: Place
    kind: str
    seed: int
    grid: Grid
    inside_m: tuple[float, float, float, float]
    """west, south, east, north of the place itself, in the site's map projection; around it is margin"""
    cover: npt.NDArray[np.uint8]
    """``(row, column)`` number of the look of each truth pixel; the bit ``materials.FLOODED`` where the flood is"""
    looks: looks.Looks
    vigour: Singles
    """smooth noise of mean 0 and deviation 1 on coarse cells"""
    layout: Layout
    flood_level_m: float | None
    """height of the flood over the site's datum; none where there is no flood"""

    @cached_property
    def projection(self) -> pyproj.Proj:
        """Longitude, latitude to map metres and back."""
        return pyproj.Proj(f"EPSG:{self.grid.epsg}")

    @cached_property
    def given_fields(self) -> npt.NDArray[np.intp]:
        """Which parcels count as fields? Crops wholly inside the place, 0.3 ha or more, at least 99 % of it uncovered.

        (Rivers, roads and woods are painted over some.) Numbers of ``layout``.
        """
        layout, grid = self.layout, self.grid
        west, south, east, north = self.inside_m
        used = np.arange(layout.vertices.shape[1]) < layout.counts[:, None]
        x, y = layout.vertices[..., 0], layout.vertices[..., 1]
        left, right = (west - grid.west_m) / grid.pixel_m, (east - grid.west_m) / grid.pixel_m
        top, bottom = (grid.north_m - north) / grid.pixel_m, (grid.north_m - south) / grid.pixel_m
        inside = ~used | ((x > left) & (x < right) & (y > top) & (y < bottom))
        chosen = inside.all(1) & (layout.counts >= 3) & (layout.parcel_looks >= looks.FIRST_FIELD)
        chosen &= polygon_pixels(layout.vertices, layout.counts) * grid.pixel_m**2 >= 3000.0
        numbers = np.flatnonzero(chosen)
        share = camera_kernels.intact(
            self.cover, layout.vertices[numbers], layout.counts[numbers], layout.parcel_looks[numbers]
        )
        return numbers[share >= 0.99]

    def ground(self, *, flooded: bool) -> camera_kernels.Ground:
        """The truth as the kernels take it, with or without the flood."""
        table = self.looks
        columns = np.column_stack(
            [table.bare, table.leaf, table.green, table.vigour, table.stripes, table.grain, table.row_x, table.row_y]
        )
        water = looks.FLOOD_WATER if flooded else -1
        return camera_kernels.Ground(
            self.cover, columns.astype(np.float32), self.vigour, _CELL, water, self.seed & 0x7FFFFFFF
        )


def nodes(count: int, every: int = 32) -> tuple[Floats, float]:
    """Equally spaced positions from the first to the last of ``count`` lines or columns, and their step."""
    number = max(int(np.ceil((count - 1) / every)), 1) + 1
    step = max(count - 1, 1) / (number - 1)
    return np.arange(number, dtype=np.float64) * step, step


def polygon_pixels(vertices: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """Areas of padded polygons ``(m, k, 2)`` with ``counts`` used vertices each."""
    index = np.minimum(np.arange(vertices.shape[1]), np.maximum(counts[:, None] - 1, 0))
    closed = np.take_along_axis(vertices, index[..., None], 1)
    following = np.roll(closed, -1, 1)
    twice = closed[..., 0] * following[..., 1] - following[..., 0] * closed[..., 1]
    return np.asarray(np.abs(twice.sum(1)) / 2.0, np.float64)


def site_epsg(*, lon_deg: float, lat_deg: float) -> int:
    """Which map projection does a site at this place use? Its UTM zone; UPS beyond 84 N and 80 S.

    The special zones of Norway and Svalbard are not used.
    """
    if lat_deg > 84.0:
        return 5041
    if lat_deg < -80.0:
        return 5042
    zone = int((lon_deg + 180.0) // 6.0) % 60 + 1
    return (32600 if lat_deg >= 0 else 32700) + zone


def to_site(site: Site, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Truth pixel coordinates x (column), y (row) of points on the ground; half-integers are pixel centres."""
    east, north = site.projection(np.asarray(lon_deg, np.float64), np.asarray(lat_deg, np.float64))
    grid = site.grid
    return (np.asarray(east) - grid.west_m) / grid.pixel_m, (grid.north_m - np.asarray(north)) / grid.pixel_m


def make_site(
    place: Place, kind: str, extent_m: float, seed: int, *, margin_m: float | None = None, pixel_m: float = 2.5
) -> Site:
    """Draw the landscape at a place.

    ``kind`` is one of :data:`KINDS`; ``extent_m`` the side of the square round a point (a polygon brings its own
    extent); ``margin_m`` of land is added on each side for pictures that miss a little (15 %, at most 1500 m).
    Raises :class:`InputError` for an unknown kind, and for sites too small or too large to hold in memory.
    """
    if kind not in KINDS:
        fix = f"Choose {', '.join(KINDS)}"
        raise InputError(f"there is no kind of site {kind!r}", where=f"place {place.id}", fix=fix)
    epsg = site_epsg(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    inside = _inside_m(place, extent_m, pyproj.Proj(f"EPSG:{epsg}"))
    grid = _site_grid(place, epsg, inside, margin_m, pixel_m)
    rng = np.random.default_rng([seed & 0x7FFFFFFF, 0x517E])
    table = looks.draw_looks(rng, pixel_m)
    layout = draw_layout(rng, grid.shape, pixel_m, KINDS[kind])
    coarse = (-(-grid.height // _CELL), -(-grid.width // _CELL))
    vigour = fractal_noise(rng, coarse, _CELL * pixel_m, 900.0, 45.0, 1.5)
    level_m = _flood(rng, layout.cover, grid, inside, table.raised_m) if kind == "flood" else None
    return Site(place, kind, seed, grid, inside, layout.cover, table, vigour, layout, level_m)


def _inside_m(place: Place, extent_m: float, projection: pyproj.Proj) -> tuple[float, float, float, float]:
    """West, south, east, north of the place on the map."""
    if place.ring:
        lon_deg, lat_deg = np.array(place.ring).T
        east, north = projection(lon_deg, lat_deg)
        return float(np.min(east)), float(np.min(north)), float(np.max(east)), float(np.max(north))
    east, north = projection(place.lon_deg, place.lat_deg)
    return east - extent_m / 2, north - extent_m / 2, east + extent_m / 2, north + extent_m / 2


def _site_grid(
    place: Place, epsg: int, inside_m: tuple[float, float, float, float], margin_m: float | None, pixel_m: float
) -> Grid:
    west, south, east, north = inside_m
    side = min(east - west, north - south)
    margin = min(1500.0, 0.15 * side) if margin_m is None else margin_m
    snap = 2.0 * pixel_m
    left, top = np.floor((west - margin) / snap) * snap, np.ceil((north + margin) / snap) * snap
    columns, rows = (int(np.ceil(length / pixel_m)) for length in (east + margin - left, top - south + margin))
    if side < 100.0 or rows * columns > _LARGEST_PIXELS:
        raise InputError(
            f"a site of {(east - west) / 1e3:.2f} x {(north - south) / 1e3:.2f} km cannot be simulated",
            where=f"place {place.id}",
            fix=f"Ask for 0.1 km to {_LARGEST_PIXELS * pixel_m**2 / 1e6:.0f} km2, or a coarser pixel_m",
        )
    return Grid(epsg, float(left), float(top), pixel_m, columns, rows)


def _flood(
    rng: np.random.Generator,
    cover: npt.NDArray[np.uint8],
    grid: Grid,
    inside_m: tuple[float, float, float, float],
    raised_m: Singles,
) -> float:
    """Raise the river until it has drowned the drawn share of the place; mark the pixels; return the level.

    Water reaches a cell when it can spill there from the river (least highest sill on any way), as floods do; then
    small heights decide pixel by pixel: roads stand out, fields differ by some decimetres.
    """
    share = rng.uniform(*FLOOD_SHARE)
    river = cover[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL] == looks.WATER
    cell_m = _CELL * grid.pixel_m
    spill = kernels.spill_height(relief_m(rng, river, cell_m), river)
    west, south, east, north = inside_m
    rows = slice(int((grid.north_m - north) / cell_m), int((grid.north_m - south) / cell_m))
    columns = slice(int((west - grid.west_m) / cell_m), int((east - grid.west_m) / cell_m))
    dry = spill[rows, columns][~river[rows, columns]]
    level = float(np.quantile(dry, min(share * river[rows, columns].size / dry.size, 0.95)))
    kernels.flood_pixels(cover, spill, _CELL, raised_m, level, looks.WATER, looks.FLOODED)
    return level


def make_sky(site: Site, *, cover: float, sun_elevation_deg: float, sun_azimuth_deg: float, seed: int) -> Sky:
    """Draw the clouds over a site: soft-edged heaps that hide the share ``cover`` (0 to 1) of the place.

    Cloud height is drawn from 900 to 2200 m; shadows fall away from the Sun by height / tan(elevation). Parallax of
    the clouds under oblique views is not simulated: they lie on the map as seen from above.
    """
    if not 0.0 <= cover <= 1.0 or not 0.0 < sun_elevation_deg <= 90.0:
        what = f"a sky of cover {cover} under a sun at {sun_elevation_deg} deg"
        raise InputError(what, fix="Give a cover from 0 to 1, by day")
    rng = np.random.default_rng([seed & 0x7FFFFFFF, 0xC10D])
    grid, cell_m = site.grid, _CLOUD_CELL * site.grid.pixel_m
    shape = (-(-grid.height // _CLOUD_CELL), -(-grid.width // _CLOUD_CELL))
    density = fractal_noise(rng, shape, cell_m, rng.uniform(1500.0, 5000.0), 70.0, 1.8)
    west, south, east, north = site.inside_m
    rows = slice(int((grid.north_m - north) / cell_m), int(np.ceil((grid.north_m - south) / cell_m)))
    columns = slice(int((west - grid.west_m) / cell_m), int(np.ceil((east - grid.west_m) / cell_m)))
    edge = float(np.quantile(density[rows, columns], 1.0 - cover))
    softness = rng.uniform(0.30, 0.55)
    depth = np.log(2.0) * np.maximum(1.0 + (density - edge) / softness, 0.0) ** 2
    opacity = (1.0 - np.exp(-depth)) * (cover > 0.0)
    height_m = rng.uniform(900.0, 2200.0)
    length = height_m / np.tan(np.radians(max(sun_elevation_deg, 5.0)))
    azimuth = np.radians(sun_azimuth_deg)
    return Sky(
        opacity.astype(np.float32),
        _CLOUD_CELL,
        float(-length * np.sin(azimuth)),
        float(-length * np.cos(azimuth)),
        height_m,
        cover,
    )


def sky_map(site: Site, sky: Sky | None) -> camera_kernels.SkyMap:
    """The sky as the kernels take it; no sky is a clear one."""
    if sky is None:
        return camera_kernels.SkyMap(np.zeros((2, 2), np.float32), 1, 0.0, 0.0, False)
    pixel_m = site.grid.pixel_m
    return camera_kernels.SkyMap(
        sky.opacity, sky.cell, sky.shadow_east_m / pixel_m, -sky.shadow_north_m / pixel_m, bool(sky.cover > 0.0)
    )
