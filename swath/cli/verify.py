"""``swath verify``: is this folder what its inputs give?"""

from __future__ import annotations

import sys
from pathlib import Path

from swath.cli.progress import progress_bar

__all__ = ["verify"]


def verify(folder: Path, /, *, json: bool = False) -> int:
    """Run again what FOLDER was made from, in a scratch folder, and compare every file.

    Example: swath verify out/demo

    Exit code 0 if all is the same, 1 if anything was changed, lost or comes out differently.

    Parameters
    ----------
    folder
        A folder that swath run or swath demo wrote.
    json
        Print the comparison as JSON.
    """
    print(f"swath verify {folder} ...", file=sys.stderr, flush=True)
    from swath.operate.evidence import verify_folder

    with progress_bar("verify") as progress:
        result = verify_folder(folder, progress=progress)
    if json:
        import json as text

        print(text.dumps(result.to_json(), indent=2))
    else:
        print("\n".join(result.lines()))
    return 0 if result.ok else 1
