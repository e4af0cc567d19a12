"""An outside scene becomes a folder of the archive: item, Cloud-Optimized GeoTIFFs, lineage. The maker ``scene``.

Readers are found through ``swath.readers``; those that know more are asked first.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from swath.archive.cog_stream import write_asset
from swath.archive.outside import Hints, OutsideScene, Reader
from swath.archive.outside_item import outside_item
from swath.archive.stac_check import problems
from swath.errors import DataError, InputError, SwathError
from swath.model import SIMULATED
from swath.registry import find, names
from swath.store.folder import write_json
from swath.store.lineage import Recipe

__all__ = ["hints_of", "make_scene", "parameters_of", "products_in", "reader_of", "readers", "safe_id"]

Progress = Callable[[str, float], None]

_MOST_FILES = 200_000


def readers() -> list[Reader]:
    """Every installed reader, in the order in which they are asked."""
    return sorted((find("swath.readers", name) for name in names("swath.readers")), key=lambda reader: reader.rank)


def reader_of(path: Path) -> Reader | None:
    """The first reader that claims a file or folder, or None."""
    return next((reader for reader in readers() if reader.claims(path)), None)


def products_in(path: Path) -> Iterator[tuple[Path, Reader]]:
    """Every product at or below a path: a product's own folder is one, and nothing in it is taken for another.

    Raises :class:`DataError` where the path is not there, or nothing in it is a product.
    """
    if not path.exists():
        raise DataError("there is nothing there", where=str(path), fix="Give a file or folder that is there")
    known = readers()
    used: set[Path] = set()
    found = 0
    for place in _walk(path, known):
        reader = next((r for r in known if r.claims(place)), None)
        if reader is None or place.resolve() in used:
            continue
        with suppress(SwathError):  # whoever adds it is told
            used |= {file.resolve() for file in reader.files(place)}
        found += 1
        yield place, reader
    if not found:
        raise DataError(
            "no reader knows anything in it", where=str(path), fix=f"Known: {', '.join(r.name for r in known)}"
        )


def _walk(path: Path, known: list[Reader]) -> Iterator[Path]:
    """The path, then what is below it: product folders are not entered; files that know more come first."""
    if path.is_file() or any(reader.claims(path) for reader in known):
        yield path
        return
    folders, files = [path], []
    while folders:
        here = folders.pop()
        for child in sorted(here.iterdir(), reverse=True):
            if child.name.startswith("."):
                continue
            if child.is_file():
                files.append(child)
            elif any(reader.claims(child) for reader in known):
                yield child
            elif child.is_dir() and not child.is_symlink():
                folders.append(child)
        if len(files) > _MOST_FILES:
            raise DataError(f"more than {_MOST_FILES} files", where=str(path), fix="Give a smaller folder")
    ranks = {file: next((r.rank for r in known if r.claims(file)), None) for file in files}
    claimed = [(rank, file) for file, rank in ranks.items() if rank is not None]
    yield from (file for _, file in sorted(claimed))


def parameters_of(hints: Hints) -> dict[str, Any]:
    """What the user said, as parameters of a recipe: only what differs from saying nothing."""
    nothing = asdict(Hints())
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(hints).items()
        if value != nothing[name] and name != "dem"
    }


def hints_of(recipe: Recipe) -> Hints:
    """The way back. Raises :class:`InputError` for parameters that there are not."""
    unknown = set(recipe.parameters) - {field.name for field in fields(Hints)}
    if unknown:
        raise InputError(f"unknown parameters {sorted(unknown)}", where="lineage", fix="Make the item again")
    values = dict(recipe.parameters)
    if "bands" in values:
        values["bands"] = tuple(values["bands"])
    dem = recipe.inputs.get("dem")
    return Hints(**values, dem=dem[0] if dem else None)


def safe_id(text: str) -> str:
    """An id that is a file name everywhere. :class:`DataError` where nothing is left of it."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:200]
    if not plain:
        raise DataError(f"{text!r} cannot be an id", fix="Give --id")
    return plain


def make_scene(recipe: Recipe, out: Path, progress: Progress) -> None:
    """The maker ``scene``: ``inputs["scene"]`` begins with the product; the folder's name is the item's id.

    Raises what the reader raises, and :class:`DataError` where the finished item is not sound.
    """
    entry = recipe.inputs["scene"][0]
    reader = reader_of(entry)
    if reader is None:
        raise DataError("no reader knows it", where=str(entry), fix="Give a product, its folder or its metadata file")
    hints = hints_of(recipe)
    if hints.surface not in ("none", "dark-object"):
        raise InputError(f"no way {hints.surface!r} to the ground", where="--surface", fix="Give none or dark-object")
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out.parent) as scratch:
        scene = reader.read(entry, Path(scratch), hints)
        scene = replace(scene, id=safe_id(scene.id), collection=safe_id(scene.collection))
        written = []
        for number, asset in enumerate(scene.assets):
            told = partial(_told, progress, asset.title, number, len(scene.assets))
            path = out / _file_name(scene, asset.key)
            written.append(write_asset(path, asset, clear_haze=hints.surface != "none", progress=told))
    scene = replace(scene, assets=tuple(one.asset for one in written))
    item = outside_item(scene, written, out, id=scene.id, created=recipe.made)
    write_json(out / f"{scene.id}.json", item)
    wrong = problems(item, out, checksums=False)
    if wrong:
        raise DataError(f"the item is not sound: {'; '.join(wrong[:3])}", where=str(entry), fix="Tell the developers")


def _told(progress: Progress, title: str, number: int, count: int, share: float) -> None:
    progress(title, (number + share) / count)


def _file_name(scene: OutsideScene, key: str) -> str:
    mark = f"_{SIMULATED}" if scene.simulated and SIMULATED not in scene.id else ""
    return f"{scene.id}_{key}{mark}.tif"
