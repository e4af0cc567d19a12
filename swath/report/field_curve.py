"""A field's course as a small figure: what was seen, the usual band, the looks that count."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from swath.report.svg import drawing, line_path, tag

__all__ = ["course_svg"]

Floats = npt.NDArray[np.float64]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 330.0, 120.0, 26.0, 16.0, 6.0


def course_svg(
    time: npt.NDArray[np.datetime64], value: Floats, middle: Floats, half: Floats, *, marked: Any, label: str
) -> str:
    """Looks of one field (dots) over the middle of its crop and the band that holds nine in ten fields of it.

    ``value`` NaN where not seen, ``middle`` and ``half`` NaN where not known; ``marked`` the look that had it listed.
    """
    days = (time - time.min()) / np.timedelta64(86400, "s")
    reach = max(float(days.max()), 1.0)
    low, high = min(0.0, float(np.nanmin(value, initial=0.0))), max(0.9, float(np.nanmax(value, initial=0.9)))
    x = _LEFT + (days / reach) * (_WIDTH - _LEFT - 4.0)
    y = _TOP + (high - value) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)
    parts = [_axes(time, low, high, reach)]
    known = np.isfinite(middle) & np.isfinite(half)
    if known.any():
        up, down = (
            _TOP + (high - middle + side * half) / (high - low) * (_HEIGHT - _BOTTOM - _TOP) for side in (-1, 1)
        )
        around = (np.concatenate([x[known], x[known][::-1]]), np.concatenate([up[known], down[known][::-1]]))
        parts.append(tag("path", d=line_path(*around, close=True), fill="var(--accent, #2a7)", opacity="0.18"))
        between = (up[known] + down[known]) / 2.0
        parts.append(tag("path", d=line_path(x[known], between), fill="none", stroke="currentColor", opacity="0.45"))
    seen = np.isfinite(value)
    parts.append(tag("path", d=line_path(x[seen], y[seen]), fill="none", stroke="currentColor", stroke_width=1.2))
    for at in np.flatnonzero(seen):
        mark = time[at] == marked
        fill = "#c0392b" if mark else "currentColor"
        parts.append(
            tag("circle", cx=round(float(x[at]), 1), cy=round(float(y[at]), 1), r=3.6 if mark else 1.9, fill=fill)
        )
    return drawing(_WIDTH, _HEIGHT, label, *parts, class_="course")


def _axes(time: npt.NDArray[np.datetime64], low: float, high: float, reach: float) -> str:
    words = []
    for level in (0.0, 0.4, 0.8):
        y = _TOP + (high - level) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)
        words.append(tag("line", x1=_LEFT, x2=_WIDTH, y1=y, y2=y, stroke="currentColor", opacity="0.15"))
        words.append(tag("text", f"{level:.1f}", x=0, y=y + 3, font_size=10, fill="currentColor", opacity="0.7"))
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        day = np.datetime_as_string(time.min() + np.timedelta64(round(share * reach * 86400), "s"), "D")
        x = _LEFT + share * (_WIDTH - _LEFT - 4.0)
        words.append(
            tag("text", day, x=x, y=_HEIGHT - 3, font_size=10, text_anchor=anchor, fill="currentColor", opacity="0.7")
        )
    return "".join(words)
