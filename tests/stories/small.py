"""A small mission out of the flood example: the same fleet, a smaller flood, a few orders, two hours less work."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "flood"
ORDERS = ("farm-po-1", "farm-beauce-2", "farm-iowa-3", "etna", "genoa-port", "suez-south", "farm-nakuru-1")


def small_mission(folder: Path, *, kilometres: tuple[int, int] = (7, 6)) -> Path:
    """Write the mission into a folder and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (EXAMPLE / "mission.toml").read_text("utf-8")
    for old, new in zip(("20000", "15000"), kilometres, strict=True):
        assert old in text
        text = text.replace(old, str(1000 * new))
    head, *rows = (EXAMPLE / "orders.csv").read_text("utf-8").splitlines()
    chosen = [row for row in rows if row.split(",")[0] in ORDERS]
    assert len(chosen) == len(ORDERS)
    (folder / "mission.toml").write_text(text, "utf-8")
    (folder / "orders.csv").write_text("\n".join([head, *chosen]) + "\n", "utf-8")
    return folder / "mission.toml"
