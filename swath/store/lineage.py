"""From what was this folder made, and how is it made again? Every product folder holds the answer: ``lineage.json``.

A product is made by a *maker*: a function ``maker(recipe, out, progress)`` that reads the files of ``recipe.inputs``,
writes files into the folder ``out`` (it exists and is empty) and returns nothing. It is an entry point of the group
``swath.makers``::

    [project.entry-points."swath.makers"]
    flood = "swath.operate.flood_maker:make_flood"

Whoever wants a product asks for it by the maker's name and gets it with its record::

    recipe = Recipe("flood", {"radar": (item,), "normal_water": ()}, {"threshold_db": -15.5}, seed=0, made=now())
    make(recipe, out)

and ``swath verify OUT`` calls the same maker with what ``lineage.json`` says, in a scratch folder, and compares. So the
record cannot tell of another product than the one that is there. What a maker must keep to:

- Everything that decides the result is in the recipe: parameters (JSON values), seed, inputs. No clock: the moment that
  is to be written into files is ``recipe.made``, which is recorded and given again. While it runs, files of SQLite made
  by GDAL (GeoPackage), and PDF, SVG and PNG by matplotlib, take it too (``OGR_CURRENT_DATE``, ``SOURCE_DATE_EPOCH``).
- Inputs are files or folders; their paths are kept relative to the product, with size and SHA-256. They are not copied.
- How long things took goes to ``timings.json``: that file and ``lineage.json`` are not compared.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from swath import __file__ as package_file
from swath.errors import DataError, InputError
from swath.registry import find
from swath.store.folder import LINEAGE, new_folder, write_json
from swath.store.manifest import sha256, versions
from swath.time import format_utc, parse_utc

__all__ = [
    "LINEAGE",
    "MAKERS",
    "TIMINGS",
    "Lineage",
    "Maker",
    "Recipe",
    "Source",
    "code_version",
    "files_in",
    "hash_input",
    "make",
    "read_lineage",
    "recipe_again",
]

MAKERS = "swath.makers"
TIMINGS = "timings.json"
"""how long things took, where a maker tells it: not compared"""
_FORM = "swath-lineage-1"

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Recipe:
    """What is to be made, of what, and how: all that decides the result."""

    maker: str
    """name of the entry point in the group ``swath.makers``"""
    inputs: Mapping[str, Sequence[Path]]
    """what they are for -> files or folders, in the order that matters; may be empty"""
    parameters: Mapping[str, Any]
    """JSON values; a maker checks them itself, for they may come from a file"""
    seed: int
    made: np.datetime64
    """the moment that files may say they were made at, UTC"""


class Maker(Protocol):
    """What an entry point of ``swath.makers`` names."""

    def __call__(self, recipe: Recipe, out: Path, progress: Progress) -> None:
        """Write the product into the empty folder ``out``; ``progress(what, share)`` may be told of it."""


@dataclass(frozen=True)
class Source:
    """One input as it was: where it lay, how large it was, its hash."""

    path: str
    """relative to the product's folder, with slashes"""
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Lineage:
    """The record beside a product."""

    maker: str
    parameters: Mapping[str, Any]
    seed: int
    made: np.datetime64
    inputs: Mapping[str, Sequence[Source]]
    code: str
    """version of swath and a hash of its source, see :func:`code_version`"""
    versions: Mapping[str, str]
    files: Mapping[str, str]
    """path in the folder -> SHA-256"""


@lru_cache(maxsize=1)
def code_version() -> str:
    """Which code is this? Version and the first twelve digits of a hash over every source file: ``0.3.0+5f0c...``."""
    version, root = versions()["swath"], Path(package_file).parent
    return f"{version}+{_tree_hash(root, '*.py')[:12]}"


def hash_input(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of an input: of a file its bytes; of a folder the names and hashes of all files in it.

    Raises :class:`DataError` where it is not there or cannot be read.
    """
    try:
        if path.is_dir():
            return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()), _tree_hash(path, "*")
        return path.stat().st_size, sha256(path)
    except OSError as error:
        raise DataError(
            f"an input cannot be read: {error.strerror}", where=str(path), fix="Look where it is"
        ) from error


def _tree_hash(root: Path, pattern: str) -> str:
    digest = hashlib.sha256()
    for name, path in sorted((p.relative_to(root).as_posix(), p) for p in root.rglob(pattern) if p.is_file()):
        digest.update(f"{name}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def make(recipe: Recipe, out: Path, *, progress: Progress = lambda what, share: None) -> Lineage:
    """Make a product: the folder ``out`` appears whole, with its ``lineage.json``, or not at all.

    An ``out`` that is there is replaced if swath made it, refused if it holds anything else. Inputs are hashed before
    the maker runs; one that is written to meanwhile raises :class:`DataError`. Raises
    :class:`InputError` for an unknown maker, for parameters that are no JSON, and for an input inside ``out``.
    """
    maker: Maker = find(MAKERS, recipe.maker)
    out, recipe = out.absolute(), _as_recorded(recipe)
    inputs = [path for group in recipe.inputs.values() for path in group]
    for path in inputs:
        if path == out or out in path.parents:
            raise InputError("a product cannot replace what it is made from", where=str(path), fix="Name another --out")
    before = {path: (_stamps(path), Source(_relative(path, out), *hash_input(path))) for path in inputs}
    with new_folder(out) as folder:
        with _clock_stands(recipe.made):
            maker(recipe, folder, progress)
        for path, (stamps, _) in before.items():
            if _stamps(path) != stamps:
                raise DataError("an input changed while it was read", where=str(path), fix="Make it again")
        lineage = Lineage(
            maker=recipe.maker,
            parameters=recipe.parameters,
            seed=recipe.seed,
            made=recipe.made,
            inputs={role: [before[path][1] for path in group] for role, group in recipe.inputs.items()},
            code=code_version(),
            versions=versions(),
            files={name: sha256(folder / name) for name in files_in(folder)},
        )
        write_json(folder / LINEAGE, _to_json(lineage))
    return lineage


def _as_recorded(recipe: Recipe) -> Recipe:
    """What a maker gets is what it will get again: parameters through JSON, the moment to a millisecond."""
    try:
        parameters = json.loads(json.dumps(dict(recipe.parameters), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a parameter is no JSON value: {error}", where=recipe.maker, fix="Give plain values"
        ) from error
    inputs = {role: [path.absolute() for path in group] for role, group in recipe.inputs.items()}
    return replace(recipe, inputs=inputs, parameters=parameters, made=recipe.made.astype("datetime64[ms]"))


def _stamps(path: Path) -> list[tuple[str, int, int]]:
    """Size and time of change of each file of an input: enough to see that somebody writes it meanwhile."""
    try:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        return [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in inside]
    except OSError as error:
        raise DataError(
            f"an input cannot be read: {error.strerror}", where=str(path), fix="Look where it is"
        ) from error


def files_in(folder: Path) -> list[str]:
    """Which files of a product's folder are compared? Their paths in it: all but the record itself and the timings."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return [name for name in names if name not in (LINEAGE, TIMINGS)]


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path.absolute(), out)).as_posix()


@contextmanager
def _clock_stands(made: np.datetime64) -> Iterator[None]:
    """Libraries that write the time into files write this one."""
    text = format_utc(made, decimals=3)
    seconds = int(made.astype("datetime64[s]").astype(np.int64))
    new = {"OGR_CURRENT_DATE": text, "SOURCE_DATE_EPOCH": str(seconds)}
    old = {name: os.environ.get(name) for name in new}
    os.environ.update(new)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _to_json(lineage: Lineage) -> dict[str, Any]:
    return {
        "form": _FORM,
        **lineage.__dict__,
        "made": format_utc(lineage.made, decimals=3),
        "inputs": {role: [source.__dict__ for source in group] for role, group in lineage.inputs.items()},
    }


def read_lineage(folder: Path) -> Lineage:
    """The record of a product. :class:`DataError` where there is none, :class:`InputError` where it is damaged."""
    path = folder / LINEAGE
    if not path.is_file():
        raise DataError("no lineage here", where=str(path), fix="Name the folder of a product that swath made")
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
        if raw.pop("form") != _FORM:
            raise ValueError("another form of record")
        raw["made"] = parse_utc(raw["made"], where=str(path))
        raw["inputs"] = {role: [Source(**source) for source in group] for role, group in raw["inputs"].items()}
        lineage = Lineage(**raw)
        texts = [lineage.maker, lineage.code, *lineage.versions.values(), *lineage.files, *lineage.files.values()]
        texts += [text for group in lineage.inputs.values() for s in group for text in (s.path, s.sha256)]
        if not all(isinstance(text, str) for text in texts) or not isinstance(lineage.parameters, dict):
            raise ValueError("a name or hash is no text")
        if not isinstance(lineage.seed, int) or any(
            ".." in Path(n).parts or Path(n).is_absolute() for n in lineage.files
        ):
            raise ValueError("the seed is no whole number, or a file lies outside the folder")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the record is damaged: {error}", where=str(path), fix="Make the product again") from error
    return lineage


def recipe_again(folder: Path, lineage: Lineage, *, inputs: Sequence[Path] = ()) -> Recipe:
    """The recipe by which a product is made again, its inputs found and held against their hashes.

    Each input is looked for where it lay, then by its name in the folders ``inputs``. Raises :class:`DataError` where
    it is nowhere, or another than it was.
    """
    found: dict[str, list[Path]] = {}
    for role, group in lineage.inputs.items():
        for source in group:
            places = [folder.absolute() / source.path, *(place / Path(source.path).name for place in inputs)]
            there = [Path(os.path.normpath(place)) for place in places if place.exists()]
            same = [place for place in there if hash_input(place) == (source.bytes, source.sha256)]
            if not same:
                raise DataError(
                    f"the input for {role} is {'another than it was' if there else 'not there'}",
                    where=str(there[0] if there else source.path),
                    fix="Name the folder it lies in with --inputs",
                )
            found.setdefault(role, []).append(same[0])
        found.setdefault(role, [])
    return Recipe(lineage.maker, found, lineage.parameters, lineage.seed, lineage.made)
