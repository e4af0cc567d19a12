"""Which rational polynomials stand for the camera? RPC00B coefficients fitted to the exact geometry of a picture.

An RPC lets any program place the picture without knowing the satellite: line and column are each a ratio of two cubic
polynomials of latitude, longitude and height (STDI-0002, volume 1, appendix E: RPC00B). Lines and columns count from 0
at the middle of the first pixel, as there and in GDAL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.archive.camera import Camera, sight_axes
from swath.errors import DataError, InputError
from swath.frames import geodetic_from_itrf, ray_to_height

__all__ = ["Rpc", "fit_rpc", "rpc_ground", "rpc_image", "rpc_offset_px", "rpc_text"]

Floats = npt.NDArray[np.float64]

_RIDGES = (1e-13, 1e-10, 1e-7, 1e-4, 1e-1)
_ENOUGH = 1.1
"""of the least residual found: the strongest smoothing that does not cost more is taken"""


@dataclass(frozen=True)
class Rpc:
    """Rational polynomial coefficients of one picture, between two heights of the ground."""

    line_offset_px: float
    sample_offset_px: float
    lat_offset_deg: float
    lon_offset_deg: float
    height_offset_m: float
    line_scale_px: float
    sample_scale_px: float
    lat_scale_deg: float
    lon_scale_deg: float
    height_scale_m: float
    line_numerator: tuple[float, ...]
    line_denominator: tuple[float, ...]
    sample_numerator: tuple[float, ...]
    sample_denominator: tuple[float, ...]
    residual_rms_px: float = 0.0
    """of points that were not fitted: distance between this and the exact camera"""
    residual_max_px: float = 0.0


def fit_rpc(camera: Camera, *, low_m: float, high_m: float, nodes: tuple[int, int, int] = (13, 13, 5)) -> Rpc:
    """Fit an RPC to a camera, for ground between ``low_m`` and ``high_m`` above the ellipsoid.

    Points of a grid of lines, columns and heights (``nodes``) go down the exact lines of sight; numerators and
    denominators follow from least squares with a ridge, repeated with the denominators as weights (Tao and Hu, 2001).
    Of the ridges tried the strongest is taken whose worst point of a second grid is within a tenth of the best. The
    residuals it reports are those of a third set of points: with smooth attitude at most 0.05 pixel
    (tests/archive/test_rpc.py); attitude that trembles within the picture is beyond any cubic and shows in them.
    Raises :class:`InputError` for heights that do not rise, :class:`DataError` where lines of sight miss the Earth.
    """
    if not high_m > low_m:
        raise InputError(f"heights from {low_m} to {high_m} m", where="fit_rpc", fix="Give low_m below high_m")
    fitted = _points(camera, low_m, high_m, *(np.linspace(0.0, 1.0, count) for count in nodes))
    inner = [(np.arange(count - 1) + 0.5) / (count - 1) for count in nodes]
    chosen = _points(camera, low_m, high_m, *inner)
    blank = _scales(fitted)
    within, beside = _terms_of(blank, fitted), _terms_of(blank, chosen)
    best: list[tuple[float, float, Rpc]] = []
    for ridge in _RIDGES:
        trial = _solve(blank, fitted, within, ridge)
        best.append((float(np.max(_residuals(trial, chosen, beside))), ridge, trial))
    least = min(residual for residual, _, _ in best)
    _, _, rpc = max((entry for entry in best if entry[0] <= _ENOUGH * least + 1e-6), key=lambda entry: entry[1])
    rng = np.random.default_rng(20)
    apart = _scattered(camera, low_m, high_m, rng.uniform(size=(3, 1000)))
    away = _residuals(rpc, apart, _terms_of(rpc, apart))
    return replace(rpc, residual_rms_px=float(np.sqrt(np.mean(away**2))), residual_max_px=float(np.max(away)))


def rpc_image(
    rpc: Rpc, *, lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, height_m: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Line and column at which the RPC sees ground points ``(...)``."""
    return _image(rpc, _placed(rpc, *(np.asarray(a, np.float64) for a in (lon_deg, lat_deg, height_m))))


def rpc_offset_px(rpc: Rpc, camera: Camera) -> tuple[float, float, float]:
    """How does another row of detectors see beside an RPC of the picture's boresight?

    Lines and samples to be added to the RPC's, mean over the picture and its heights, and the largest distance (pixels)
    that is then left, of 1,000 points.
    """
    low_m, high_m = rpc.height_offset_m - rpc.height_scale_m, rpc.height_offset_m + rpc.height_scale_m
    points = _scattered(camera, low_m, high_m, np.random.default_rng(21).uniform(size=(3, 1000)))
    line, column = rpc_image(rpc, lon_deg=points.lon_deg, lat_deg=points.lat_deg, height_m=points.height_m)
    off = points.line - line, points.column - column
    mean = float(off[0].mean()), float(off[1].mean())
    return *mean, float(np.hypot(off[0] - mean[0], off[1] - mean[1]).max())


def rpc_ground(
    rpc: Rpc, line: npt.ArrayLike, column: npt.ArrayLike, *, height_m: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Longitude and latitude at which a pixel looks at a height: the way back, by Newton's method to 1e-6 pixel.

    Raises :class:`DataError` where it does not close in, far outside the picture.
    """
    line, column, height = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (line, column, height_m)))
    lon, lat = np.full(line.shape, rpc.lon_offset_deg), np.full(line.shape, rpc.lat_offset_deg)
    step = 1e-5
    for _ in range(12):
        here = np.array(rpc_image(rpc, lon_deg=lon, lat_deg=lat, height_m=height))
        off = np.array([line, column]) - here
        if np.abs(off).max(initial=0.0) < 1e-7:
            break
        east = (np.array(rpc_image(rpc, lon_deg=lon + step, lat_deg=lat, height_m=height)) - here) / step
        north = (np.array(rpc_image(rpc, lon_deg=lon, lat_deg=lat + step, height_m=height)) - here) / step
        turn = east[0] * north[1] - east[1] * north[0]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            lon = lon + (off[0] * north[1] - off[1] * north[0]) / turn
            lat = lat + (off[1] * east[0] - off[0] * east[1]) / turn
        if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            break
    if not (np.abs(off).max(initial=0.0) < 1e-4 and np.isfinite(lon).all()):
        raise DataError("the RPC cannot be turned round there", where="rpc_ground", fix="Ask within the picture")
    return (lon + 180.0) % 360.0 - 180.0, lat


def rpc_text(rpc: Rpc) -> str:
    """The RPC as a ``_RPC.TXT`` file, as GDAL and other programs read it beside a picture."""
    lines = [
        ("LINE_OFF", rpc.line_offset_px, "pixels"),
        ("SAMP_OFF", rpc.sample_offset_px, "pixels"),
        ("LAT_OFF", rpc.lat_offset_deg, "degrees"),
        ("LONG_OFF", rpc.lon_offset_deg, "degrees"),
        ("HEIGHT_OFF", rpc.height_offset_m, "meters"),
        ("LINE_SCALE", rpc.line_scale_px, "pixels"),
        ("SAMP_SCALE", rpc.sample_scale_px, "pixels"),
        ("LAT_SCALE", rpc.lat_scale_deg, "degrees"),
        ("LONG_SCALE", rpc.lon_scale_deg, "degrees"),
        ("HEIGHT_SCALE", rpc.height_scale_m, "meters"),
    ]
    text = [f"{name}: {value!r} {unit}" for name, value, unit in lines]
    for name, values in (
        ("LINE_NUM_COEFF", rpc.line_numerator),
        ("LINE_DEN_COEFF", rpc.line_denominator),
        ("SAMP_NUM_COEFF", rpc.sample_numerator),
        ("SAMP_DEN_COEFF", rpc.sample_denominator),
    ):
        text += [f"{name}_{number}: {value!r}" for number, value in enumerate(values, 1)]
    return "\n".join(text) + "\n"


@dataclass(frozen=True)
class _Points:
    """Ground points and where the exact camera sees them."""

    lon_deg: Floats
    lat_deg: Floats
    height_m: Floats
    line: Floats
    column: Floats


def _points(camera: Camera, low_m: float, high_m: float, lines: Floats, columns: Floats, heights: Floats) -> _Points:
    """A grid: shares 0 to 1 of the picture's lines and columns and of the range of heights."""
    shares = np.stack(np.meshgrid(lines, columns, heights, indexing="ij")).reshape(3, -1)
    return _scattered(camera, low_m, high_m, shares)


def _scattered(camera: Camera, low_m: float, high_m: float, shares: Floats) -> _Points:
    line, column = shares[0] * (camera.lines - 1), shares[1] * (camera.columns - 1)
    height = low_m + shares[2] * (high_m - low_m)
    origin, sight, axis = sight_axes(camera, line)
    ray = sight + ((column - (camera.columns - 1) / 2.0) * camera.ifov_rad)[:, None] * axis
    points = ray_to_height(origin, ray, altitude_m=height)
    if not np.isfinite(points).all():
        raise DataError("part of the picture looks past the Earth", where="fit_rpc", fix="Check the attitude records")
    lon, lat, _ = geodetic_from_itrf(points)
    return _Points(lon, lat, height, line, column)


def _scales(points: _Points) -> Rpc:
    """Offsets and scales that bring everything between -1 and 1; the polynomials are still empty."""
    # A picture across the date line: longitudes are taken round the first.
    lon = points.lon_deg[0] + (points.lon_deg - points.lon_deg[0] + 540.0) % 360.0 - 180.0
    middle, half = zip(
        *(
            ((values.max() + values.min()) / 2.0, max((values.max() - values.min()) / 2.0, 1e-9))
            for values in (points.line, points.column, points.lat_deg, lon, points.height_m)
        ),
        strict=True,
    )
    empty = (0.0,) * 20
    return Rpc(
        line_offset_px=float(middle[0]),
        sample_offset_px=float(middle[1]),
        lat_offset_deg=float(middle[2]),
        lon_offset_deg=float((middle[3] + 180.0) % 360.0 - 180.0),
        height_offset_m=float(middle[4]),
        line_scale_px=float(half[0]),
        sample_scale_px=float(half[1]),
        lat_scale_deg=float(half[2]),
        lon_scale_deg=float(half[3]),
        height_scale_m=float(half[4]),
        line_numerator=empty,
        line_denominator=empty,
        sample_numerator=empty,
        sample_denominator=empty,
    )


def _terms(p: Floats, lon: Floats, h: Floats) -> Floats:
    """The 20 products of RPC00B ``(..., 20)``: P latitude, L longitude, H height."""
    one = np.ones_like(p + lon + h)
    products = [
        *(one, lon * one, p * one, h * one, lon * p, lon * h, p * h, lon * lon, p * p, h * h),
        *(p * lon * h, lon**3, lon * p * p, lon * h * h, lon * lon * p, p**3, p * h * h, lon * lon * h),
        *(p * p * h, h**3),
    ]
    return np.stack([np.broadcast_to(product, one.shape) for product in products], -1)


def _placed(rpc: Rpc, lon_deg: Floats, lat_deg: Floats, height_m: Floats) -> Floats:
    """The terms of ground points, in the RPC's own scales."""
    lon = (lon_deg - rpc.lon_offset_deg + 540.0) % 360.0 - 180.0
    return _terms(
        (lat_deg - rpc.lat_offset_deg) / rpc.lat_scale_deg,
        lon / rpc.lon_scale_deg,
        (height_m - rpc.height_offset_m) / rpc.height_scale_m,
    )


def _terms_of(rpc: Rpc, points: _Points) -> Floats:
    return _placed(rpc, points.lon_deg, points.lat_deg, points.height_m)


def _image(rpc: Rpc, terms: Floats) -> tuple[Floats, Floats]:
    """Line and column of points whose terms are known."""
    line = (terms @ np.array(rpc.line_numerator)) / (terms @ np.array(rpc.line_denominator))
    sample = (terms @ np.array(rpc.sample_numerator)) / (terms @ np.array(rpc.sample_denominator))
    return (
        np.asarray(line * rpc.line_scale_px + rpc.line_offset_px),
        np.asarray(sample * rpc.sample_scale_px + rpc.sample_offset_px),
    )


def _solve(blank: Rpc, points: _Points, terms: Floats, ridge: float) -> Rpc:
    line = _ratio(terms, (points.line - blank.line_offset_px) / blank.line_scale_px, ridge)
    sample = _ratio(terms, (points.column - blank.sample_offset_px) / blank.sample_scale_px, ridge)
    return replace(
        blank,
        line_numerator=line[0],
        line_denominator=line[1],
        sample_numerator=sample[0],
        sample_denominator=sample[1],
    )


def _ratio(terms: Floats, value: Floats, ridge: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Numerator and denominator (its first coefficient 1) of a ratio that gives ``value``."""
    below = np.ones(len(value))
    number = terms.shape[1]
    penalty = np.sqrt(ridge * len(value)) * np.eye(2 * number - 1)
    penalty[:4] = 0.0  # what is linear in the numerator costs nothing
    for _ in range(3):
        design = np.concatenate([terms, -value[:, None] * terms[:, 1:]], axis=1) / below[:, None]
        found = np.linalg.lstsq(
            np.concatenate([design, penalty]), np.concatenate([value / below, np.zeros(len(penalty))]), rcond=None
        )[0]
        below = 1.0 + terms[:, 1:] @ found[number:]
    return tuple(found[:number].tolist()), (1.0, *found[number:].tolist())


def _residuals(rpc: Rpc, points: _Points, terms: Floats) -> Floats:
    """Distance (pixels) between the RPC and the exact camera."""
    line, column = _image(rpc, terms)
    return np.asarray(np.hypot(line - points.line, column - points.column))
