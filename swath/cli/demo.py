"""``swath demo``: ``swath run`` on the example that comes with swath."""

from __future__ import annotations

from pathlib import Path

from swath.cli.run import run
from swath.errors import DataError

__all__ = ["demo", "example_mission"]


def example_mission() -> Path:
    """The flood example: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "examples", package / "examples"):
        if (mission := folder / "flood" / "mission.toml").is_file():
            return mission
    raise DataError("the flood example is not installed", where=str(package), fix="Reinstall swath")


def demo(*, out: Path = Path("out/demo"), seed: int | None = None, json: bool = False) -> int:
    """A river floods; four small satellites and three stations answer. Takes about a minute.

    Example: swath demo --out out/demo --seed 7

    Parameters
    ----------
    out
        Folder for the report, the pictures and everything else.
    seed
        Another seed is another flood, other weather, other losses.
    json
        Print answer.json instead of the summary.
    """
    return run(example_mission(), out=out, seed=seed, json=json)
