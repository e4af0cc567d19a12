"""An answer to print: A4 pages of words, pictures, the table and notes, without anything but matplotlib."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["answer_pdf"]

_WIDE, _HIGH = 8.27, 11.69
_LEFT, _TOP, _BOTTOM, _ACROSS = 0.08, 0.93, 0.06, 0.84
_ROWS = 34


def answer_pdf(
    title: str,
    lead: Sequence[str],
    pictures: Sequence[tuple[str, bytes]],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str],
) -> bytes:
    """The pages: what it comes to (``lead``), captioned PNG pictures, a table of texts, notes.

    The same inputs give the same bytes.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    stream = io.BytesIO()
    sheet = _Sheet(title)
    for text in lead:
        sheet.write(text, 10.5)
    for said, png in pictures:
        sheet.picture(said, png)
    for first in range(0, len(rows), _ROWS):
        sheet.table(heads, rows[first : first + _ROWS])
    if notes:
        sheet.write("Assumptions and method", 12.0, bold=True)
    for text in notes:
        sheet.write(text, 8.5)
    with PdfPages(stream, metadata={"Title": title, "Creator": "swath", "CreationDate": None}) as pages:
        for figure in sheet.pages:
            pages.savefig(figure)
    return stream.getvalue()


class _Sheet:
    """Pages that are filled from above; what does not fit goes to the next one."""

    def __init__(self, title: str) -> None:
        self.title, self.at = title, 0.0
        self.pages: list[Any] = []
        self._turn()

    def _turn(self) -> None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDE, _HIGH))
        self.pages.append(figure)
        head = textwrap.wrap(self.title, 58)
        big = len(self.pages) == 1
        figure.text(
            _LEFT, 0.955, "\n".join(head), fontsize=16 if big else 9, fontweight="bold" if big else None, va="top"
        )
        figure.text(_LEFT, 0.03, f"Made by swath. Page {len(self.pages)}. Times are UTC.", fontsize=7.5, color="0.4")
        self.at = 0.955 - (0.028 * len(head) + 0.008 if big else 0.03)

    def _room(self, high: float) -> float:
        """Takes so much of the page, or of the next; where it begins."""
        if self.at - high < _BOTTOM:
            self._turn()
        begin = self.at
        self.at -= high
        return begin

    def write(self, text: str, size: float, *, bold: bool = False) -> None:
        lines = textwrap.wrap(text, int(_WIDE * _ACROSS * 72.0 / (0.535 * size)))
        top = self._room(len(lines) * size * 1.35 / 72.0 / _HIGH + 0.008)
        weight = "bold" if bold else None
        self.pages[-1].text(
            _LEFT, top, "\n".join(lines), fontsize=size, va="top", linespacing=1.3, fontweight=weight, parse_math=False
        )

    def picture(self, said: str, png: bytes) -> None:
        from PIL import Image

        image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
        high = _ACROSS * _WIDE / _HIGH * image.shape[0] / image.shape[1]
        top = self._room(high + 0.035)
        self.pages[-1].text(_LEFT, top, said, fontsize=10.5, fontweight="bold", va="top", parse_math=False)
        axes = self.pages[-1].add_axes((_LEFT, top - 0.02 - high, _ACROSS, high))
        axes.imshow(image, interpolation="antialiased")
        axes.axis("off")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        step = 0.019
        deep = max(str(head).count("\n") for head in heads) + 1
        high = step * (len(rows) + 0.8 * deep) + 0.012
        top = self._room(high + 0.01)
        axes = self.pages[-1].add_axes((_LEFT, top - high, _ACROSS, high))
        axes.axis("off")
        axes.set(xlim=(0, 1), ylim=(0, high))
        widths = [
            max(len(part) for row in [heads, *rows] for part in str(row[n]).split("\n")) for n in range(len(heads))
        ]
        ends = np.cumsum(widths) / sum(widths)
        size = min(8.0, 8.0 * 105.0 / sum(width + 2 for width in widths))
        below = high - step * 0.8 * deep - 0.004
        axes.plot([0, 1], [below, below], color="0.3", linewidth=0.8)
        for n, head in enumerate(heads):
            axes.text(ends[n], below + 0.004, head, fontsize=size, ha="right", va="bottom", fontweight="bold")
        for number, row in enumerate(rows):
            at = below - step * (number + 0.65)
            for n, cell in enumerate(row):
                axes.text(ends[n], at, cell, fontsize=size, ha="right", va="center", parse_math=False)
