"""``swath verify``: is this folder what its inputs give?"""

from __future__ import annotations

import sys
from pathlib import Path

from swath.cli.progress import progress_bar

__all__ = ["verify"]


def verify(folder: Path, /, *, inputs: list[Path] | None = None, json: bool = False) -> int:
    """Make FOLDER again from what it was made of, in a scratch folder, and compare every file.

    Example: swath verify out/demo

    Exit code 0 if all is the same, 1 if anything was changed, lost or comes out differently.

    Parameters
    ----------
    folder
        A folder that swath made: of a run, of an archived scene, of a product.
    inputs
        Folder in which to look for inputs of a product that have moved. May be given several times.
    json
        Print the comparison as JSON.
    """
    print(f"swath verify {folder} ...", file=sys.stderr, flush=True)
    from swath.operate.evidence import verify_folder

    with progress_bar("verify") as progress:
        result = verify_folder(folder, inputs=inputs or (), progress=progress)
    if json:
        import json as text

        print(text.dumps(result.to_json(), indent=2))
    else:
        print("\n".join(result.lines()))
    return 0 if result.ok else 1
