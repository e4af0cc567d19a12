"""Element sets and ephemerides from wherever they are: a file, a folder, a web address, CelesTrak, Space-Track."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError
from swath.model import Elements
from swath.orbit.elements import Loaded, Rejected
from swath.orbit.forms import parse_elements
from swath.orbit.oem import Oem
from swath.registry import find, names
from swath.sources.cache import Cache, Rules, default_cache, kept_or_asked
from swath.sources.celestrak import unusable
from swath.sources.provenance import Provenance
from swath.sources.web import MAX_BYTES, ask, check_address
from swath.spacecraft.catalog import satellite
from swath.time import format_utc

__all__ = ["Fetched", "fetch_elements", "fetch_known", "read_elements"]

_ENDINGS = {".tle", ".3le", ".2le", ".txt", ".json", ".xml", ".kvn", ".csv", ".omm", ".oem"}
_ENDINGS_TOLD = " ".join(sorted(_ENDINGS))
_WEB_AGE_S = 600.0
"""an address that nobody gave rules for is not asked more often"""
_MOST_FILES = 10_000


@dataclass(frozen=True)
class Fetched:
    """What a place held, where its bytes are from, and when it was asked for."""

    loaded: Loaded
    provenance: tuple[Provenance, ...]
    asked: np.datetime64

    def told(self) -> list[dict[str, str]]:
        """Each source but files: its address, when it was fetched, the hash of its bytes, and that in one line."""
        return [
            {
                "source": one.source,
                "url": one.url,
                "fetched": format_utc(one.fetched),
                "sha256": one.sha256,
                "told": one.told(self.asked),
            }
            for one in self.provenance
            if one.source != "file"
        ]


def read_elements(place: str | Path, *, cache: Cache | None = None) -> Loaded:
    """The element sets and ephemerides of a place: the good ones, and the rejected with line and reason.

    See :func:`fetch_elements`.
    """
    return fetch_elements(place, cache=cache).loaded


def fetch_elements(place: str | Path, *, cache: Cache | None = None) -> Fetched:
    """What does a place hold, and where is it from?

    ``place`` is a file; a folder of such files; ``https://...``; ``celestrak:QUERY``, ``spacetrack:QUERY`` or the name
    of another source plugin; or a satellite of the catalogue (``sentinel-2a``, ``40697``), which is asked of CelesTrak.
    Files of TLE, OMM or OEM in any form, at most 400 MB. Raises :class:`DataError` where it cannot be read or holds
    nothing usable.
    """
    text = str(place)
    path, cache = Path(place), cache or default_cache()
    scheme, colon, query = text.partition(":")
    if _there(path) and path.is_dir():
        return _folder(path, cache)
    if isinstance(place, Path) or _there(path):
        content, provenance = _file(path)
        return _parsed(content, provenance, path.name, cache)
    if scheme in ("http", "https"):
        content, provenance = _web(text, cache)
        return _parsed(content, provenance, text.rpartition("/")[2] or text, cache)
    if colon and scheme in names("swath.sources"):
        content, provenance = find("swath.sources", scheme)(query, cache)
        return _parsed(content, provenance, text, cache)
    try:
        return fetch_known([text], cache=cache)
    except InputError as error:
        near = f" ({error.fix})" if "Near" in error.fix else ""
        raise DataError(
            f"cannot read the element sets: no such file, no satellite of the catalogue{near}",
            where=text[:200],
            fix="Give a file of TLE, OMM or OEM, a folder, a web address, celestrak:GROUP, or a satellite's name",
        ) from error


def fetch_known(names: Iterable[str], *, cache: Cache | None = None) -> Fetched:
    """What does CelesTrak give for satellites of the catalogue, by name or number? One question each.

    Raises what :func:`fetch_elements` raises, and :class:`InputError` for a name that is not in the catalogue.
    """
    cache = cache or default_cache()
    parts = []
    for name in names:
        number = name.strip() if name.strip().isascii() and name.strip().isdigit() else _number_of(name)
        content, provenance = find("swath.sources", "celestrak")(number, cache)
        parts.append(_parsed(content, provenance, f"celestrak:{number}", cache))
    return Fetched(
        Loaded(
            tuple(one for part in parts for one in part.loaded.elements),
            tuple(one for part in parts for one in part.loaded.rejected),
        ),
        tuple(one for part in parts for one in part.provenance),
        cache.clock(),
    )


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a text that cannot be a file's name
        return False


def _number_of(name: str) -> str:
    known = satellite(name)
    if known.norad_id is None:
        raise DataError(
            f"nobody looked up the catalogue number of {known.name}", where=name, fix="Give its elements in a file"
        )
    return str(known.norad_id)


def _parsed(content: bytes, provenance: Provenance, name: str, cache: Cache) -> Fetched:
    loaded = parse_elements(content.decode("utf-8", errors="replace"), source=name)
    _check(loaded, provenance.url)
    return Fetched(loaded, (provenance,), cache.clock())


def _check(loaded: Loaded, where: str) -> None:
    if not loaded.elements and not loaded.ephemerides:
        why = [f"line {r.line}: {r.what}" for r in loaded.rejected[:3]] or ["the file is empty"]
        raise DataError(
            f"no usable element set ({'; '.join(why)})", where=where, fix="Download the sets again, unchanged"
        )


def _file(path: Path) -> tuple[bytes, Provenance]:
    try:
        state = path.stat()
        if state.st_size > MAX_BYTES:
            raise DataError(
                f"{state.st_size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} are read", where=str(path), fix="Split it"
            )
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot read the element sets: {error.strerror}", where=str(path), fix="Give a file of TLE, OMM or OEM"
        ) from error
    written = np.datetime64(state.st_mtime_ns, "ns")
    return content, Provenance("file", str(path), written, hashlib.sha256(content).hexdigest())


def _web(url: str, cache: Cache) -> tuple[bytes, Provenance]:
    check_address(url)
    return kept_or_asked(
        cache, "url", url, lambda headers: ask(url, headers=headers), rules=Rules(_WEB_AGE_S), usable=unusable
    )


def _folder(path: Path, cache: Cache) -> Fetched:
    """All files of a folder whose ending is that of elements, in the order of their names."""
    try:
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in _ENDINGS and file.is_file())
    except OSError as error:
        raise DataError(
            f"cannot read the folder: {error.strerror}", where=str(path), fix="Give a folder of files"
        ) from error
    if len(files) > _MOST_FILES:
        raise DataError(f"{len(files)} files; at most {_MOST_FILES} are read", where=str(path), fix="Split the folder")
    elements: list[Elements] = []
    rejected: list[Rejected] = []
    ephemerides: list[Oem] = []
    provenance = []
    for file in files:
        content, from_file = _file(file)
        one = parse_elements(content.decode("utf-8", errors="replace"), source=file.name)
        elements += one.elements
        ephemerides += one.ephemerides
        rejected += [replace(r, what=f"{file.name}: {r.what}") for r in one.rejected]
        provenance.append(from_file)
    if not files:
        raise DataError(
            "cannot read element sets in it: there are none", where=str(path), fix=f"Files end with {_ENDINGS_TOLD}"
        )
    loaded = Loaded(tuple(elements), tuple(rejected), tuple(ephemerides))
    _check(loaded, str(path))
    return Fetched(loaded, tuple(provenance), cache.clock())
