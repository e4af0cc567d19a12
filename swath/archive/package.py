"""What is in a product's folder or zip file? Names to real files; a zip is opened with care, never by GDAL.

A zip file's members are taken out into a scratch folder, only those that are asked for. A member whose name leads out
of the folder, a link, an encrypted one, and one that grows beyond what pictures do are refused.
"""

from __future__ import annotations

import fnmatch
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from swath.errors import DataError

__all__ = ["Package", "open_package", "zip_names"]

_MOST_MEMBERS = 20_000
_MOST_BYTES = 20_000_000_000
_MOST_GROWTH, _SMALL_BYTES = 200, 50_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Package:
    """A product: its files by their names with slashes, relative to its root."""

    path: Path
    """the folder or zip file as it was given"""
    names: tuple[str, ...]
    scratch: Path | None = None
    """where members of a zip file go; None for a folder"""
    prefix: str = ""
    """what stands before each name in the zip file"""

    @property
    def title(self) -> str:
        """What the product is called: its folder's name, in the zip file or outside, without ``.SAFE``."""
        name = self.prefix.rstrip("/") or self.path.absolute().name.removesuffix(".zip")
        return re.sub(r"\.SAFE$", "", name, flags=re.IGNORECASE)

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Names that fit a pattern with ``*`` (which fits slashes too), whatever the case, sorted."""
        return tuple(n for n in self.names if fnmatch.fnmatchcase(n.lower(), pattern.lower()))

    def one(self, pattern: str) -> str:
        """The one name that fits. :class:`DataError` where none does, or several."""
        found = self.matching(pattern)
        if len(found) != 1:
            what = "no file" if not found else f"{len(found)} files"
            raise DataError(f"{what} {pattern} in it", where=str(self.path), fix="Get the product again, whole")
        return found[0]

    def file(self, name: str) -> Path:
        """A real file with a member's content. Raises :class:`DataError` where it is not there or must not be."""
        if name not in self.names:
            raise DataError(f"{name} is missing", where=str(self.path), fix="Get the product again, whole")
        if self.scratch is None:
            return self.path / name
        out = self.scratch / name
        if not out.is_file():
            out.parent.mkdir(parents=True, exist_ok=True)
            _take_out(self.path, self.prefix + name, out)
        return out

    def content(self, name: str, *, most_bytes: int = 100_000_000) -> bytes:
        """A member's bytes. Raises :class:`DataError` where there are more than ``most_bytes``."""
        path = self.file(name)
        try:
            if path.stat().st_size > most_bytes:
                raise DataError("is too large for what it should be", where=str(path), fix="Look what it is")
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error


def zip_names(path: Path) -> tuple[str, ...]:
    """The names of the files in a zip file. Raises :class:`DataError` for one that must not be opened."""
    try:
        with zipfile.ZipFile(path) as file:
            members = file.infolist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"is no whole zip file: {error}", where=str(path), fix="Get it again") from error
    if len(members) > _MOST_MEMBERS:
        raise DataError(f"{len(members)} files are in it", where=str(path), fix="Look what it is")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        bad = parts.is_absolute() or ".." in parts.parts or ":" in member.filename or "\0" in member.filename
        if bad or stat.S_ISLNK(member.external_attr >> 16):
            raise DataError(f"{member.filename!r} leads out of the folder", where=str(path), fix="Do not open it")
        if member.flag_bits & 1:
            raise DataError(f"{member.filename!r} is encrypted", where=str(path), fix="Unpack it and give the folder")
    return tuple(sorted(member.filename for member in members if not member.is_dir()))


@contextmanager
def open_package(path: Path, scratch: Path) -> Iterator[Package]:
    """A product as a package: a folder, or a zip file whose one top folder (if it has one) is the root."""
    if path.is_dir():
        names = tuple(sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()))
        yield Package(path, names)
        return
    names = zip_names(path)
    tops = {name.partition("/")[0] for name in names}
    prefix = f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""
    yield Package(path, tuple(name.removeprefix(prefix) for name in names), scratch, prefix)


def _take_out(path: Path, name: str, out: Path) -> None:
    try:
        with zipfile.ZipFile(path) as file:
            member = file.getinfo(name)
            limit = max(_SMALL_BYTES, _MOST_GROWTH * member.compress_size)
            if member.file_size > min(limit, _MOST_BYTES):
                raise DataError(
                    f"{name!r} grows from {member.compress_size} to {member.file_size} bytes",
                    where=str(path),
                    fix="It is a trap: do not open it",
                )
            part, written = out.with_name(out.name + ".part"), 0
            with file.open(member) as source, part.open("wb") as target:
                while block := source.read(_CHUNK):
                    written += len(block)
                    if written > member.file_size:
                        raise DataError(f"{name!r} is longer than it says", where=str(path), fix="Do not open it")
                    target.write(block)
            part.replace(out)
    except (OSError, zipfile.BadZipFile, KeyError, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise DataError(f"{name!r} cannot be taken out: {error}", where=str(path), fix="Get it again") from error
