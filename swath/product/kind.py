"""Which products can be made, from what, in which units, after whom? The record that a product is registered by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ProductKind"]


@dataclass(frozen=True)
class ProductKind:
    """One product as the registry knows it (entry points ``swath.products``).

    ``swath product list`` prints these. A plugin registers its own by an entry point of the group ``swath.products``
    that names such a record.
    """

    name: str
    question: str
    """what it answers, one line"""
    bands: tuple[str, ...]
    """what it needs, each entry one way: ``blue, green, red, nir`` or ``vv, vh``"""
    layers: Mapping[str, str]
    """name of each raster layer and its unit or codes"""
    source: str
    """papers whose methods it uses"""
    make: Callable[..., Any]
    """the pure function behind it"""
    command: str = ""
    """of the command line, if there is one"""
