"""What is made of pictures and is a picture again: pictures by path or by their id in an archive, into a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.scene_maker import reader_of
from swath.errors import DataError
from swath.store.lineage import Recipe, make
from swath.store.shelf import Shelf

__all__ = ["Derived", "derive"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Derived:
    """A folder that was made, and its item."""

    folder: Path
    path: Path
    """of the item"""
    item: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"folder": self.folder.as_posix(), "item": dict(self.item)}


def derive(
    maker: str,
    pictures: Sequence[str],
    out: Path,
    now: np.datetime64,
    parameters: Mapping[str, Any],
    *,
    archive: Path = Path("archive"),
    reference: str | None = None,
    progress: Progress = lambda what, share: None,
) -> Derived:
    """Make a picture of pictures: the folder ``out`` appears whole, with item, pictures and lineage, or not at all.

    A picture is a path (file, item, product's folder) or an id in ``archive``. Parameters that are None are left out;
    the result's id is ``id`` or the folder's name. Raises what the maker raises, and :class:`DataError` for a picture
    that is nowhere.
    """
    inputs = {f"picture_{number:02d}": _files(name, archive) for number, name in enumerate(pictures, 1)}
    if reference is not None:
        inputs["reference"] = _files(reference, archive)
    said = {name: value for name, value in parameters.items() if value is not None and value != ()}
    make(Recipe(maker, inputs, {"id": out.absolute().name, **said}, 0, now), out, progress=progress)
    path = next(path for path in sorted(out.glob("*.json")) if _is_item(path))
    return Derived(out, path, json.loads(path.read_text("utf-8")))


def _is_item(path: Path) -> bool:
    return bool(json.loads(path.read_text("utf-8")).get("type") == "Feature")


def _files(name: str, archive: Path) -> list[Path]:
    path = Path(name)
    if not path.exists() and archive.is_dir():
        path = Shelf(archive).get(name).path
    reader = reader_of(path) if path.exists() else None
    if reader is None and path.is_dir():
        items = [item for item in sorted(path.glob("*.json")) if item.name != "lineage.json" and reader_of(item)]
        if len(items) == 1:  # a folder that was made here: its item
            path, reader = items[0], reader_of(items[0])
    if reader is None:
        what = "no reader knows it" if path.exists() else "there is no such file, nor such an item in the archive"
        raise DataError(what, where=name, fix="Give a picture, an item, a product's folder, or an id with --archive")
    return list(reader.files(path))
