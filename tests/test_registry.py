"""Plugins are found by name; built-ins by the same path."""

from __future__ import annotations

import pytest

from swath import registry
from swath.errors import InputError


def test_an_unknown_plugin_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="price-and-search"):
        registry.find("swath.solvers", "magic")


def test_built_ins_are_entry_points() -> None:
    assert "price-and-search" in registry.names("swath.solvers")
    assert callable(registry.find("swath.solvers", "price-and-search"))
