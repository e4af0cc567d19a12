"""Small pieces of SVG and HTML as text. Whatever comes from data goes through :func:`esc`; the rest is markup."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.time import seconds

__all__ = ["Axis", "drawing", "esc", "hours_between", "line_path", "nice_step", "tag", "ticks", "title"]

Floats = npt.NDArray[np.float64]


def esc(text: object) -> str:
    """Text that is safe inside HTML, SVG and quoted attributes; control characters become spaces."""
    return html.escape("".join(c if c.isprintable() or c in "\n\t" else " " for c in str(text)), quote=True)


def tag(name: str, *children: str, **attributes: object) -> str:
    """One element. Children are markup already; attribute values are escaped. ``class_`` and ``stroke_width`` become
    ``class`` and ``stroke-width``; ``None`` leaves an attribute out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{esc(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return f"<{name}{given}>{inner}</{name}>"


def title(text: object) -> str:
    """A tooltip, read by screen readers too."""
    return tag("title", esc(text))


def drawing(width_px: float, height_px: float, label: str, *children: str, class_: str = "") -> str:
    """A scalable figure with its description."""
    box = f"0 0 {_short(width_px)} {_short(height_px)}"
    return tag("svg", *children, viewBox=box, role="img", aria_label=label, class_=class_ or None)


def line_path(x: npt.ArrayLike, y: npt.ArrayLike, *, close: bool = False) -> str:
    """Path data through points, to a tenth of a unit; points that do not move the pen are left out."""
    points = np.round(np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)]), 1)
    if not len(points):
        return ""
    moves = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
    text = "L".join(f"{a:g} {b:g}" for a, b in points[moves].tolist())
    return f"M{text}{'Z' if close else ''}"


def nice_step(whole: float, most: int) -> float:
    """A round step (1, 2, 5 x 10^n) that cuts a whole in at most ``most`` parts."""
    raw = whole / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    return next(power * m for m in (1.0, 2.0, 5.0, 10.0) if power * m >= raw * (1 - 1e-9))


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of ``step`` inside ``low`` .. ``high``."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


@dataclass(frozen=True)
class Axis:
    """Where on the paper is a time? Linear from ``start`` .. ``stop`` to ``left_px`` .. ``right_px``."""

    start: np.datetime64
    stop: np.datetime64
    left_px: float
    right_px: float

    def __call__(self, at: npt.ArrayLike) -> Floats:
        """Paper coordinates of UTC times ``(...)``, held inside the axis."""
        nanosecond = np.timedelta64(1, "ns")
        since = (np.asarray(at, "datetime64[ns]") - self.start) / nanosecond
        share = since / max(float((self.stop - self.start) / nanosecond), 1.0)
        return self.left_px + np.clip(share, 0.0, 1.0) * (self.right_px - self.left_px)


def hours_between(start: np.datetime64, stop: np.datetime64, most: int = 12) -> Iterable[np.datetime64]:
    """Full hours to label on a time axis, at a step of 1, 2, 3, 6, 12 or 24 hours."""
    length_h = float((stop - start) / np.timedelta64(1, "h"))
    step_h = next((s for s in (1, 2, 3, 6, 12, 24) if length_h / s <= most), 24)
    hour = start.astype("datetime64[D]").astype("datetime64[ns]")
    while hour <= stop:
        if hour >= start:
            yield hour
        hour = hour + seconds(3600.0 * step_h)


def _short(value: object) -> object:
    """Coordinates to two decimals."""
    if isinstance(value, float | np.floating):
        text = f"{float(value):.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return value
