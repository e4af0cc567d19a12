"""Element sets from a file."""

from __future__ import annotations

from pathlib import Path

from swath.errors import DataError
from swath.orbit.elements import Loaded
from swath.orbit.forms import parse_elements

__all__ = ["read_elements"]


def read_elements(place: str | Path) -> Loaded:
    """The element sets of a file, TLE or OMM in any form: the good ones, and the rejected with line and reason.

    Raises :class:`DataError` where the file cannot be read or holds no usable set.
    """
    path = Path(place)
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise DataError(
            f"cannot read the element sets: {error.strerror}", where=str(path), fix="Give a file of TLE or OMM sets"
        ) from error
    loaded = parse_elements(text, source=path.name)
    if not loaded.elements:
        why = [f"line {r.line}: {r.what}" for r in loaded.rejected[:3]] or ["the file is empty"]
        raise DataError(
            f"no usable element set ({'; '.join(why)})", where=str(path), fix="Download the sets again, unchanged"
        )
    return loaded
