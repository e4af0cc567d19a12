"""How does one picture lie over another? Shift, affine or smooth field fitted to matched points, with doubt.

Every model is a linear smoother: what it says anywhere is a weighted sum of the points, and so is its standard error.
The field is a thin-plate spline that smooths (Duchon 1977; Wahba 1990, Spline Models for Observational Data), its
smoothness chosen by leaving each point out in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["MODELS", "Displacement", "Fit", "fit_displacement"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MODELS = ("shift", "affine", "field")
_FEWEST = {"shift": 6, "affine": 9, "field": 25}
_SMOOTHNESS = (1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 10.0)
_ROUNDS = 6
_NOISE_PX = 0.03
"""of a point, whatever its own sigma says"""
_BETTER_SHARE, _BETTER_SIGMAS, _MATTERS_PX = 0.05, 2.0, 0.02


@dataclass(frozen=True)
class Displacement:
    """Where does a picture show what the reference shows? At ``(row, column) + at(row, column)``."""

    model: str
    """``shift``, ``affine`` or ``field``"""
    middle_px: Floats
    """``(2,)`` row and column of the origin of the coordinates below"""
    scale_px: float
    linear: Floats
    """``(3, 2)`` of one, row, column: down and across, pixels"""
    knots: Floats
    """``(n, 2)`` of the field, in scaled coordinates; none for the others"""
    weights: Floats
    """``(n, 2)``"""

    def at(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> Floats:
        """Displacement (pixels; down, across) at reference pixels, ``(..., 2)``."""
        points = np.stack(np.broadcast_arrays(np.asarray(rows, np.float64), np.asarray(columns, np.float64)), -1)
        flat = (points.reshape(-1, 2) - self.middle_px) / self.scale_px
        out = self.linear[0] + flat @ self.linear[1:]
        if len(self.knots):
            for first in range(0, len(flat), 65536):
                out[first : first + 65536] += _radial(flat[first : first + 65536], self.knots) @ self.weights
        return np.asarray(out.reshape(points.shape))

    def in_pixels_of(self, ratio: float) -> Displacement:
        """The same on a grid of the same corner whose pixels are ``ratio`` times as large."""
        return Displacement(
            self.model,
            (self.middle_px + 0.5) / ratio - 0.5,
            self.scale_px / ratio,
            self.linear / ratio,
            self.knots,
            self.weights / ratio,
        )


@dataclass(frozen=True)
class Fit:
    """A displacement, the points that bear it, and how far it can be believed."""

    displacement: Displacement
    used: Mask
    """``(n,)`` of the points given"""
    residual_px: float
    """root mean square of an axis over the points used"""
    left_out: Floats
    """``(n_used, 2)`` errors of points foretold without those that see the same pixels"""
    noise_px: float
    """root mean square of what the points' own sigmas let expect"""
    spread: Floats
    """``(3 + n_used, n_used)`` how coefficients follow from points, for standard errors"""
    parameter_count: float
    """degrees of freedom that one axis takes; no whole number of a field"""

    def sigma_px(self, rows: npt.ArrayLike, columns: npt.ArrayLike) -> Floats:
        """Standard error of one axis at reference pixels, if points err independently."""
        shown = self.displacement
        points = np.stack(np.broadcast_arrays(np.asarray(rows, np.float64), np.asarray(columns, np.float64)), -1)
        basis = _basis((points.reshape(-1, 2) - shown.middle_px) / shown.scale_px, shown.knots)
        n = self.spread.shape[1]
        sd = max(self.residual_px * np.sqrt(n / max(n - self.parameter_count, 1.0)), self.noise_px)
        out = sd * np.sqrt(((basis @ self.spread) ** 2).sum(-1))
        if shown.model == "field":  # between points half as far apart it misses half as much at most, mostly a quarter
            missed = 0.5 * np.sqrt(max(_rms(self.left_out) ** 2 - self.noise_px**2, 0.0))
            out = np.hypot(out, missed)
        return np.asarray(out.reshape(points.shape[:-1]))


def _radial(points: Floats, knots: Floats) -> Floats:
    square = ((points[:, None] - knots[None]) ** 2).sum(-1)
    return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-300)))


def _basis(points: Floats, knots: Floats) -> Floats:
    plain = np.column_stack([np.ones(len(points)), points])
    return plain if not len(knots) else np.column_stack([plain, _radial(points, knots)])


def _operator(points: Floats, weights: Floats, model: str, smoothness: float) -> Floats:
    """How the coefficients (of :func:`_basis`) follow from the points' displacements."""
    n = len(points)
    plain = np.column_stack([np.ones(n), points])
    if model != "field":
        design = plain[:, :1] if model == "shift" else plain
        solved = np.linalg.pinv(design * np.sqrt(weights)[:, None]) * np.sqrt(weights)
        return np.vstack([solved, np.zeros((3 - len(solved), n))])
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _radial(points, points) + np.diag(smoothness * weights.mean() / weights)
    system[:n, n:], system[n:, :n] = plain, plain.T
    whole = np.linalg.solve(system, np.vstack([np.eye(n), np.zeros((3, n))]))
    return np.vstack([whole[n:], whole[:n]])


def fit_displacement(
    points: Floats,
    shifts: Floats,
    sigmas: Floats,
    near: Mask,
    *,
    model: str,
    shape: tuple[int, int],
    apart_px: float,
) -> Fit | None:
    """The displacement that most points agree on, beginning with those that are ``near``; None with too few.

    ``points`` and ``shifts`` ``(n, 2)`` row and column, ``sigmas`` ``(n,)`` of an axis, pixels. Points count by their
    sigma; those within ``apart_px`` see the same pixels; those that stand apart by four deviations (0.15 pixel at
    least) are left out. ``auto`` takes the simplest model that no other beats by a twentieth of the squared error of
    points left out and by two standard errors of that.
    """
    if model != "auto":
        return _robust(points, shifts, sigmas, near, model, shape, apart_px)
    best = _robust(points, shifts, sigmas, near, "shift", shape, apart_px)
    for name in MODELS[1:]:
        found = _robust(points, shifts, sigmas, near, name, shape, apart_px)
        if found is not None and (best is None or _better(found, best, points, shifts, sigmas)):
            best = found
    return best


def _scaled(points: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats, float]:
    middle, scale = (np.array(shape) - 1.0) / 2.0, max(shape) / 2.0
    return (points - middle) / scale, middle, scale


def _robust(
    points: Floats,
    shifts: Floats,
    sigmas: Floats,
    near: Mask,
    model: str,
    shape: tuple[int, int],
    apart_px: float,
) -> Fit | None:
    scaled, middle, scale = _scaled(points, shape)
    weights = 1.0 / (sigmas**2 + _NOISE_PX**2)
    used, smoothness = near.copy(), _SMOOTHNESS if model == "field" else (0.0,)
    for _ in range(_ROUNDS):
        if used.sum() < _FEWEST[model]:
            return None
        kept = used
        chosen, operator, left_out, degrees = _once(
            scaled[kept], shifts[kept], weights[kept], model, apart_px / scale, smoothness
        )
        smoothness = (chosen,)
        knots = scaled[kept] if model == "field" else np.empty((0, 2))
        coefficients = operator @ shifts[kept]
        apart = np.hypot(*(shifts - _basis(scaled, knots) @ coefficients).T)
        deviation = np.median(apart[kept]) / 1.18  # of one axis: half of a circular Gaussian lies within 1.18
        used = apart <= max(4.0 * deviation, 0.15)
        if (used == kept).all():
            break
    shown = Displacement(model, middle, scale, coefficients[:3], knots, coefficients[3:])
    residual = shifts[kept] - _basis(scaled[kept], knots) @ coefficients
    return Fit(shown, kept, _rms(residual), left_out, _rms(sigmas[kept]), operator, degrees)


def _rms(residual: Floats) -> float:
    return float(np.sqrt((residual**2).mean()))


def _once(
    points: Floats, shifts: Floats, weights: Floats, model: str, apart: float, smoothness: tuple[float, ...]
) -> tuple[float, Floats, Floats, float]:
    """The best smoothness, the coefficients' operator, errors of points left out, degrees of freedom."""
    knots = points if model == "field" else np.empty((0, 2))
    tried = []
    for value in smoothness:
        operator = _operator(points, weights, model, value)
        hat = _basis(points, knots) @ operator
        left_out = _left_out(points, shifts, hat, apart)
        tried.append((float((weights[:, None] * left_out**2).sum()), value, operator, left_out, float(np.trace(hat))))
    return min(tried, key=lambda one: one[0])[1:]


def _left_out(points: Floats, shifts: Floats, hat: Floats, apart: float) -> Floats:
    """Error of each point as foretold without it and all that see the same pixels (within ``apart``)."""
    residual = shifts - hat @ shifts
    out = residual / (1.0 - np.minimum(np.diag(hat), 0.999))[:, None]
    near = np.abs(points[:, None] - points[None]).max(-1) < apart
    for number in np.flatnonzero(near.sum(1) > 1):
        group = np.flatnonzero(near[number])
        part = np.eye(len(group)) - hat[np.ix_(group, group)]
        out[number] = np.linalg.lstsq(part, residual[group], rcond=1e-9)[0][int(np.flatnonzero(group == number)[0])]
    return np.asarray(out)


def _better(found: Fit, best: Fit, points: Floats, shifts: Floats, sigmas: Floats) -> bool:
    """Does the richer model foretell the points that both use clearly better?"""
    both = found.used & best.used
    if both.sum() < 0.7 * best.used.sum():
        return False
    if found.used.sum() > 1.2 * best.used.sum():
        return True  # the poorer one had to leave points out
    square, apart = [], []
    for fit in (found, best):
        errors = np.zeros_like(shifts)
        errors[fit.used] = fit.left_out
        square.append((errors[both] ** 2).sum(-1))
        apart.append(square[-1] / (sigmas[both] ** 2 + _NOISE_PX**2))
    gain = apart[1] - apart[0]
    sure = gain.mean() > _BETTER_SIGMAS * gain.std() / np.sqrt(len(gain))
    matters = (square[1] - square[0]).mean() > _MATTERS_PX**2
    return bool(sure and matters and gain.mean() > _BETTER_SHARE * apart[1].mean())
