"""The picture in README.md: the top of the demo's report, as a browser shows it.

After ``make demo``: ``.venv/bin/python docs/picture.py``. Needs chromium on the path.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

__all__ = ["main"]

REPO = Path(__file__).resolve().parents[1]
REPORT = REPO / "out" / "demo" / "report.html"
PICTURE = REPO / "docs" / "images" / "report.png"
WIDTH, HEIGHT, SHOWN_WIDTH = 1200, 2125, 900
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def main() -> None:
    """Open the report without a network, keep its top, in few colours."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *QUIET]
        where = [f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}"]
        subprocess.run([*browser, *where, REPORT.as_uri()], check=True, capture_output=True)
        with Image.open(shot) as image:
            small = image.convert("RGB").resize((SHOWN_WIDTH, HEIGHT * SHOWN_WIDTH // WIDTH), Image.Resampling.LANCZOS)
    PICTURE.parent.mkdir(exist_ok=True)
    small.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
