"""Facts with sources: TOML files, one entry a thing. Adding one needs no code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["stations"]


@cache
def stations() -> Mapping[str, Mapping[str, Any]]:
    """The known ground stations by key: name, lon_deg, lat_deg, altitude_m, source."""
    return tomllib.loads(files(__package__).joinpath("stations.toml").read_text(encoding="utf-8"))
