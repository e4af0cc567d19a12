"""Finds plugins by name. Built-ins are entry points of swath's own package, found by the same path as anybody's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from swath.errors import InputError, PluginError

__all__ = ["GROUPS", "find", "names"]

GROUPS = (
    *("swath.instances", "swath.instruments", "swath.makers", "swath.masks", "swath.planners", "swath.products"),
    *("swath.readers", "swath.solvers", "swath.sources"),
)


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    """What is installed when it is first asked for: reading it again from the disk takes tens of milliseconds."""
    return tuple(entry_points(group=group))


def names(group: str) -> tuple[str, ...]:
    """Which plugins of a group are installed? Sorted, built-ins among them."""
    return tuple(sorted({point.name for point in _points(group)}))


def find(group: str, name: str) -> Any:
    """The object a plugin's entry point names. :class:`InputError` lists what there is when the name is unknown."""
    matches = [point for point in _points(group) if point.name == name]
    if not matches:
        known = ", ".join(names(group)) or "none"
        raise InputError(f"no {group} plugin is called {name!r}", where=group, fix=f"Installed: {known}")
    if len({point.value for point in matches}) > 1:
        values = ", ".join(sorted(point.value for point in matches))
        raise PluginError(f"two packages offer {group} {name!r}: {values}", where=group, fix="Uninstall one of them")
    try:
        return matches[0].load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"plugin {name!r} of {group} does not load: {error}", where=matches[0].value, fix="Reinstall its package"
        ) from error
