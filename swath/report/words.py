"""How is a number, a time or a place said to a person? One spelling for the terminal, the report and the tables."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from swath.model import Estimate
from swath.time import elapsed_s, format_utc

__all__ = [
    "clock",
    "count",
    "decimals_for",
    "degrees",
    "interval",
    "listed",
    "number",
    "percent",
    "quantity",
    "sentence",
    "shortened",
    "size",
    "span",
    "span_between",
    "spoken",
]


def clock(at: np.datetime64 | None, *, day: np.datetime64 | None = None) -> str:
    """Time of day, ``06:00:04Z``; with the date before it where that is not ``day``. ``-`` for no time.

    >>> clock(np.datetime64("2026-05-08T06:00:04", "ns"), day=np.datetime64("2026-05-08"))
    '06:00:04Z'
    """
    if at is None or np.isnat(at):
        return "-"
    date, time = format_utc(at).split("T")
    return time if day is not None and str(day.astype("datetime64[D]")) == date else f"{date} {time}"


def span(duration_s: float) -> str:
    """A duration in the two largest units that matter.

    >>> span(18720.0), span(41.0), span(200000.0)
    ('5 h 12 min', '41 s', '2 d 8 h')
    """
    if not math.isfinite(duration_s):
        return "-"
    sign = "-" if duration_s < 0 else ""
    whole = round(abs(duration_s))
    if whole < 60:
        return f"{sign}{whole} s"
    if whole < 600:
        return f"{sign}{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{sign}{minutes} min"
    if minutes < 48 * 60:
        return f"{sign}{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    hours = round(minutes / 60)
    return f"{sign}{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")


def span_between(start: np.datetime64 | None, stop: np.datetime64 | None) -> str:
    """The duration between two times, ``-`` where one of them is unknown."""
    return "-" if start is None or stop is None else span(float(elapsed_s(start, stop)))


def decimals_for(resolution: float) -> int:
    """Decimals worth printing where the doubt is ``resolution``: two digits of the doubt, at most 4.

    >>> decimals_for(7.7), decimals_for(0.05), decimals_for(300.0)
    (1, 3, 0)
    """
    if not math.isfinite(resolution) or resolution <= 0:
        return 1
    return min(4, max(0, 1 - math.floor(math.log10(resolution))))


def number(value: float, decimals: int | None = None) -> str:
    """A number as text: given decimals, or about three digits. Not finite: ``unknown``."""
    if not math.isfinite(value):
        return "unknown"
    if decimals is None:
        decimals = decimals_for(abs(value) / 10.0) if value else 0
        text = f"{value:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def interval(estimate: Estimate) -> str:
    """The doubt of a number: ``38.2-45.9, 90 %``, or empty where it has none.

    >>> interval(Estimate(41.8, "km2", 38.2, 45.9))
    '38.2-45.9, 90 %'
    """
    if estimate.low is None or estimate.high is None:
        return ""
    places = decimals_for(estimate.high - estimate.low)
    dash = " to " if estimate.low < 0 else "-"
    low, high = number(estimate.low, places), number(estimate.high, places)
    return f"{low}{dash}{high}, {100 * estimate.confidence:.3g} %"


def quantity(estimate: Estimate, *, doubt: bool = True) -> str:
    """A number with unit and doubt: ``41.8 km2 (38.2-45.9, 90 %)``."""
    known = estimate.low is not None and estimate.high is not None
    places = decimals_for(estimate.high - estimate.low) if known else None  # type: ignore[operator]
    unit = "" if estimate.unit == "1" else f" {estimate.unit}"
    text = f"{number(estimate.value, places)}{unit}".strip()
    return f"{text} ({interval(estimate)})" if doubt and known else text


def size(bits: float) -> str:
    """Data volume in decimal bytes: ``1.9 GB``."""
    amount = bits / 8.0
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(amount) < 999.5 or unit == "TB":
            return f"{amount:.0f} {unit}" if amount >= 99.5 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000.0
    raise AssertionError("unreachable")


def percent(share: float, decimals: int = 1) -> str:
    """A share as ``0.4 %``; a small but true amount is never printed as nothing."""
    if not math.isfinite(share):
        return "unknown"
    if 0 < share < 0.5 * 10 ** -(decimals + 2):
        return f"under {10**-decimals:.{decimals}f} %"
    return f"{100 * share:.{decimals}f} %"


def count(amount: int, noun: str, plural: str = "") -> str:
    """``1 order``, ``14 orders``, ``1,640,000 frames``."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def degrees(lon_deg: float, lat_deg: float, decimals: int = 2) -> str:
    """A point on the Earth as people write it: ``44.95 N 11.90 E``."""
    north, east = "N" if lat_deg >= 0 else "S", "E" if lon_deg >= 0 else "W"
    return f"{abs(lat_deg):.{decimals}f} {north} {abs(lon_deg):.{decimals}f} {east}"


def listed(items: Iterable[str], *, most: int = 5) -> str:
    """``a, b, c and 4 more``."""
    every = list(items)
    return ", ".join(every) if len(every) <= most else f"{', '.join(every[:most])} and {len(every) - most} more"


def sentence(text: str) -> str:
    """Text as a sentence: a capital first, a full stop last."""
    text = text.strip()
    return text if not text else f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def spoken(id: str) -> str:
    """A station's id as its name: ``punta-arenas`` becomes ``Punta Arenas``; an id with capitals is left as it is."""
    return id.replace("-", " ").replace("_", " ").title() if id.islower() else id


def shortened(text: str, width: int) -> str:
    """One line of at most ``width`` characters: control characters and line ends become spaces."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= width else flat[: max(width - 3, 0)].rstrip() + "..."[: max(width, 0)]
