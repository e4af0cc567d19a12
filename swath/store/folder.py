"""Files and folders written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from swath.errors import InputError

__all__ = ["LINEAGE", "MANIFEST", "STATE", "new_folder", "write_json", "write_whole"]

MANIFEST = Path("evidence") / "manifest.json"
LINEAGE = "lineage.json"
STATE = "service"
"""what ``swath serve`` keeps in a mission's folder: people's orders, never made again"""


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A scratch folder beside ``out`` that takes its name when the block ends well and vanishes when it does not.

    An ``out`` that exists is replaced only if swath made it (it holds a manifest or a lineage) or it is empty.
    """
    out = out.absolute()
    if out.exists() and not out.is_dir():
        raise InputError("this is a file, not a folder", where=str(out), fix="Name another --out")
    if out.is_dir() and any(out.iterdir()) and not any((out / name).is_file() for name in (MANIFEST, LINEAGE)):
        raise InputError("this folder holds something swath did not make", where=str(out), fix="Name another --out")
    if (out / STATE).exists():
        raise InputError("a service keeps its orders in this folder", where=str(out), fix="Name another --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise InputError(f"no folder can be made here: {error}", where=str(out), fix="Name another --out") from error
    try:
        scratch.chmod(0o755)
        yield scratch
        old = scratch.with_name(scratch.name + ".old")
        if out.exists():
            os.replace(out, old)
        os.replace(scratch, out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file under another name and rename it, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.part")
    scratch.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(scratch, path)
    return path


def write_json(path: Path, value: Any) -> Path:
    """JSON for people and programs: two-space indent, UTF-8, no NaN."""
    return write_whole(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
