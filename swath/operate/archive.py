"""An archive of scenes: put them in, find them, look at them."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np

from swath.archive.look import item_picture
from swath.archive.ortho_maker import ortho_id
from swath.archive.outside import Hints, Reader
from swath.archive.quicklook import write_quicklook
from swath.archive.readers.stac_item import STAC_ITEM, picture_assets, read_item
from swath.archive.scene_maker import parameters_of, products_in, safe_id
from swath.archive.stac import catalog, collection
from swath.errors import DataError, InputError, SwathError
from swath.sources.checked import Limits, Resolve, addresses_of, fetch_file, fetch_text
from swath.store.folder import LINEAGE, write_json
from swath.store.lineage import Recipe, hash_input, make
from swath.store.shelf import Found, Shelf, source_key

__all__ = ["Adding", "Outcome", "Shown", "add_scenes", "ortho_item", "show_item", "write_look"]

Progress = Callable[[str, float], None]
_TITLE = "Archive"


@dataclass(frozen=True)
class Outcome:
    """What became of one product that was to be added."""

    source: str
    status: str
    """``added``, ``already there`` or ``failed``"""
    id: str = ""
    collection: str = ""
    path: str = ""
    because: str = ""
    """why it failed"""
    notes: tuple[str, ...] = ()
    """what could not be found out"""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "notes": list(self.notes)}


@dataclass(frozen=True)
class Adding:
    """How scenes are to be added."""

    archive: Path
    hints: Hints
    now: np.datetime64
    again: bool = False
    """replace an item of the same id that was made from something else"""
    assets: tuple[str, ...] = ()
    """of an item on the web, only these"""
    keep: Path | None = None
    """folder in which what is fetched stays, so that it can be verified later"""
    limits: Limits = field(default_factory=Limits)
    resolve: Resolve = addresses_of


@dataclass(frozen=True)
class Shown:
    """An item with all that is known of it."""

    found: Found
    item: Mapping[str, Any]
    lineage: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"item": dict(self.item), "path": self.found.path.as_posix(), "lineage": dict(self.lineage)}


def add_scenes(places: Sequence[str], how: Adding, *, progress: Progress = lambda what, share: None) -> list[Outcome]:
    """Put products into an archive, the catalogue's pages brought up to date at the end.

    A place is a file, a folder (every product in it) or the web address of a STAC item. What is there already stays as
    it is, to the byte. One that fails is told and leaves nothing behind; the others go on.
    """
    outcomes: list[Outcome] = []
    for place in places:
        try:
            with _local(place, how) as (path, hints):
                for entry, reader in products_in(path):
                    outcomes.append(_added(entry, reader, place if hints.url else str(entry), hints, how, progress))
        except _There as there:
            outcomes.append(there.outcome)
        except SwathError as error:
            outcomes.append(Outcome(place, "failed", because=str(error)))
    if any(outcome.status == "added" for outcome in outcomes):
        _write_pages(how.archive)
    return outcomes


class _There(Exception):
    """No error: ends a fetch that is not needed."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def _added(entry: Path, reader: Reader, source: str, hints: Hints, how: Adding, progress: Progress) -> Outcome:
    folder = how.archive
    try:
        id, group = (safe_id(word) for word in reader.identify(entry, hints))
        inputs: dict[str, list[Path]] = {"scene": list(reader.files(entry))}
        if hints.dem:
            inputs["dem"] = [hints.dem]
        shelf = Shelf(how.archive)
        key = source_key([hash_input(path)[1] for group_of in inputs.values() for path in group_of])
        parameters = parameters_of(hints)
        there = shelf.with_source(key, parameters) if how.archive.is_dir() else None
        if there is not None and there.path.is_file():
            return Outcome(source, "already there", there.id, there.collection, there.path.as_posix())
        folder = how.archive / group / id
        path = folder / f"{id}.json"
        if path.is_file() and not how.again:
            shelf.add(path)  # whoever was stopped between the item and the index has left it here, whole
            there = shelf.with_source(key, parameters)
            if there is not None and there.path == path:
                return Outcome(source, "added", id, group, path.as_posix())
        if folder.exists() and not how.again:
            raise InputError(
                f"an item {id} made from other files or in another way is there",
                where=str(folder),
                fix="Give --replace, or another --id",
            )
        how.archive.mkdir(parents=True, exist_ok=True)
        make(
            Recipe("scene", inputs, parameters, 0, how.now),
            folder,
            progress=lambda what, share: progress(f"{id[:18]} {what[:9]}", share),
        )
        shelf.add(path)
        notes = json.loads(path.read_text("utf-8"))["properties"].get("swath:notes", ())
        return Outcome(source, "added", id, group, path.as_posix(), notes=tuple(notes))
    except SwathError as error:
        with suppress(OSError):  # a collection that would have been the first of its kind
            if folder != how.archive:
                folder.parent.rmdir()
        return Outcome(source, "failed", because=str(error))


@contextmanager
def _local(place: str, how: Adding) -> Iterator[tuple[Path, Hints]]:
    """What a place means as a path on this machine; what is on the web is fetched and goes again."""
    if not place.startswith(("http://", "https://")):
        if "://" in place or place.startswith("/vsi"):
            raise InputError(f"{place[:60]!r} is neither a path nor a web address", fix="Give a path, or https://...")
        yield Path(place), how.hints
        return
    if how.archive.is_dir() and not how.again and (there := Shelf(how.archive).with_address(place)):
        raise _There(Outcome(place, "already there", there.id, there.collection, there.path.as_posix()))
    if how.keep is not None:
        folder = how.keep / hashlib.sha256(place.encode()).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        yield _fetched(place, folder, how), replace(how.hints, url=place)
        return
    how.archive.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=how.archive))
    try:
        yield _fetched(place, scratch, how), replace(how.hints, url=place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetched(url: str, folder: Path, how: Adding) -> Path:
    """An item and its pictures, fetched into a folder; hrefs lead to what lies there."""
    data, _ = fetch_text(url, limits=how.limits, resolve=how.resolve, scratch=folder)
    item = read_item(data, where=url)
    pictures = picture_assets(item)
    unknown = set(how.assets) - set(pictures)
    if unknown or not pictures:
        raise InputError(
            f"the item has no picture {', '.join(sorted(unknown))}", where=url, fix=f"It has {', '.join(pictures)}"
        )
    kept = {key: entry for key, entry in pictures.items() if not how.assets or key in how.assets}
    for key, entry in kept.items():
        name = f"{safe_id(key)}{'.jp2' if urlsplit(entry['href']).path.lower().endswith('.jp2') else '.tif'}"
        fetch_file(urljoin(url, entry["href"]), folder / name, limits=how.limits, resolve=how.resolve)
        entry["href"] = name
    item["assets"] = kept
    return write_json(folder / f"{safe_id(str(item['id']))}.json", item)


def _write_pages(archive: Path) -> None:
    """The catalogue and its collections, as their items are now."""
    by_group: dict[str, list[dict[str, Any]]] = {}
    for found in Shelf(archive).search():
        said = {"start_datetime": found.start, "end_datetime": found.stop, "swath:simulated": found.simulated}
        by_group.setdefault(found.collection, []).append({"id": found.id, "bbox": found.bbox, "properties": said})
    pages = [
        collection(
            group, sorted(items, key=lambda item: str(item["id"])), title=group, description=f"Scenes of {group}"
        )
        for group, items in sorted(by_group.items())
    ]
    for page in pages:
        write_json(archive / page["id"] / "collection.json", page)
    write_json(archive / "catalog.json", catalog("archive", pages, title=_TITLE, description="Scenes kept by swath"))


def ortho_item(
    id: str,
    archive: Path,
    now: np.datetime64,
    *,
    dem: Path | None = None,
    geoid: Path | None = None,
    other: str | None = None,
    pixel_m: float | None = None,
    height_m: float | None = None,
    again: bool = False,
    progress: Progress = lambda what, share: None,
) -> Outcome:
    """Put a picture with RPC on the map, as an item of its own beside it. Done once is enough, as with adding.

    Raises what :func:`ortho_maker.make_ortho` raises, and :class:`InputError` for unknown ids.
    """
    shelf = Shelf(archive)
    found = shelf.get(id)
    inputs: dict[str, list[Path]] = {
        "scene": list(STAC_ITEM.files(found.path)),
        "dem": [dem] if dem else [],
        "geoid": [geoid] if geoid else [],
        "other": list(STAC_ITEM.files(shelf.get(other).path)) if other else [],
    }
    said = {"pixel_m": pixel_m, "height_m": height_m}
    parameters = {name: value for name, value in said.items() if value is not None}
    key = source_key([hash_input(path)[1] for group in inputs.values() for path in group])
    there = shelf.with_source(key, parameters)
    if there is not None and there.path.is_file():
        return Outcome(id, "already there", there.id, there.collection, there.path.as_posix())
    folder = archive / found.collection / ortho_id(found.id)
    if folder.exists() and not again:
        raise InputError("a map of it made in another way is there", where=str(folder), fix="Give --replace")
    make(Recipe("ortho", inputs, parameters, 0, now), folder, progress=progress)
    path = folder / f"{folder.name}.json"
    shelf.add(path)
    _write_pages(archive)
    notes = json.loads(path.read_text("utf-8"))["properties"].get("swath:notes", ())
    return Outcome(id, "added", folder.name, found.collection, path.as_posix(), notes=tuple(notes))


def show_item(archive: Path, id: str) -> Shown:
    """An item with its lineage. Raises :class:`InputError` for an unknown id, :class:`DataError` for a damaged one."""
    found = Shelf(archive).get(id)
    try:
        item = json.loads(found.path.read_text("utf-8"))
        lineage = json.loads((found.path.parent / LINEAGE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read: {error}", where=str(found.path), fix="Add it again") from error
    return Shown(found, item, lineage)


def write_look(shown: Shown, out: Path) -> str:
    """Write a picture of an item as PNG; returns what it shows. A simulated one is marked and must be named so."""
    image, said = item_picture(shown.item, shown.found.path.parent)
    write_quicklook(out, image, simulated=shown.found.simulated, description=f"{shown.found.id}, {said}")
    return said
