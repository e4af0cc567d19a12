"""Packets of CZML 1.0, for CesiumJS and other readers: the clock, satellites in motion, places, lines between them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from swath.report.style import SATELLITE_RGB
from swath.time import format_utc

__all__ = ["between", "czml", "document", "moving", "named", "shown", "standing"]

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_LABEL = {"font": "13px sans-serif", "pixelOffset": {"cartesian2": [14, 0]}}


def czml(packets: Iterable[Json]) -> str:
    """The text of a CZML file."""
    return json.dumps([*packets], separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def document(title: str, start: np.datetime64, stop: np.datetime64) -> Json:
    """The first packet: what it is, and a clock that runs round the span a minute a second."""
    return {
        "id": "document",
        "name": title,
        "version": "1.0",
        "clock": {
            "interval": shown(start, stop),
            "currentTime": _at(start),
            "multiplier": 60,
            "range": "LOOP_STOP",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
    }


def moving(number: int, name: str, time: Times, r_itrf_m: Floats, description: str = "") -> Json:
    """A satellite as sampled Earth-fixed positions, with 45 minutes of its path behind it."""
    since_s = (time - time[0]) / np.timedelta64(1, "ns") * 1e-9
    color = {"rgba": [*SATELLITE_RGB[number % len(SATELLITE_RGB)], 255]}
    return {
        "id": named("satellite", name),
        "name": name,
        **({"description": description} if description else {}),
        "availability": shown(time[0], time[-1]),
        "position": {
            "epoch": _at(time[0]),
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LAGRANGE",
            "interpolationDegree": 5,
            "cartesian": np.round(np.column_stack([since_s, r_itrf_m]), 1).ravel().tolist(),
        },
        "point": {"pixelSize": 9, "color": color},
        "label": {"text": name, **_LABEL},
        "path": {"leadTime": 0, "trailTime": 2700, "width": 2, "material": {"solidColor": {"color": color}}},
    }


def standing(kind: str, name: str, lon_deg: float, lat_deg: float, altitude_m: float) -> Json:
    """A place or a station."""
    return {
        "id": named(kind, name),
        "name": name,
        "position": {"cartographicDegrees": [lon_deg, lat_deg, altitude_m]},
        "point": {"pixelSize": 8, "color": {"rgba": [255, 255, 255, 255]}},
        "label": {"text": name, **_LABEL},
    }


def between(ends: Sequence[str], span: tuple[Any, Any], spans: Iterable[tuple[Any, Any]], rgba: Sequence[int]) -> Json:
    """A straight line between two packets, by their ids, that is there in ``spans`` only.

    Later intervals override earlier ones.
    """
    return {
        "show": [
            {"interval": shown(*span), "boolean": False},
            *({"interval": shown(start, stop), "boolean": True} for start, stop in spans),
        ],
        "positions": {"references": [f"{end}#position" for end in ends]},
        "arcType": "NONE",
        "width": 2,
        "material": {"solidColor": {"color": {"rgba": [*rgba]}}},
    }


def named(kind: str, *names: str) -> str:
    """The id of a packet: a part of references, where ``#`` and backslashes have a meaning."""
    return "/".join([kind, *(quote(name, safe="") for name in names)])


def shown(start: np.datetime64, stop: np.datetime64) -> str:
    """An interval of time."""
    return f"{_at(start)}/{_at(stop)}"


def _at(time: np.datetime64) -> str:
    return format_utc(time, decimals=3)
