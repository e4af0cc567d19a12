"""A report made of parts (headings, words, lists, pictures, tables): a page for a browser, and A4 pages to print.

Both are made of the same parts, without a network, without scripts and without a browser.
"""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swath.report.document import document
from swath.report.svg import esc, tag
from swath.report.tables import table

__all__ = ["Grid", "Heading", "Part", "Picture", "Points", "Words", "parts_page", "parts_pdf"]

_WIDE, _HIGH = 8.27, 11.69
_LEFT, _TOP, _BOTTOM, _ACROSS = 0.08, 0.93, 0.06, 0.84
_ROWS = 34


@dataclass(frozen=True)
class Heading:
    """The name of what follows."""

    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A PNG picture with its caption, which is what it says to those who cannot see it."""

    said: str
    png: bytes


@dataclass(frozen=True)
class Grid:
    """A table of texts; the first column stands left, numbers right. Heads may have line breaks."""

    said: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Words | Points | Picture | Grid


def parts_page(title: str, lead: str, parts: Sequence[Part]) -> str:
    """One HTML page that opens from disk. Same parts, same bytes."""
    body = [_markup(part) for part in parts]
    about = tag("p", esc(lead), class_="lead")
    return document(
        title,
        tag("header", tag("h1", esc(title)), about),
        tag("main", *body),
        tag("footer", tag("p", "Made by swath. Times are UTC.", class_="note")),
        style="img.picture { max-width: 100%; background: #fff; border-radius: 8px; }\n"
        "main li { margin: .35rem 0; }\n.grid td:first-child { white-space: nowrap; }\n"
        ".grid th { white-space: normal; vertical-align: bottom; }\n",
    )


def _markup(part: Part) -> str:
    match part:
        case Heading(text):
            return tag("h2", esc(text))
        case Words(text):
            return tag("p", esc(text))
        case Points(texts):
            return tag("ul", *(tag("li", esc(text)) for text in texts))
        case Picture(said, png):
            source = f"data:image/png;base64,{base64.b64encode(png).decode()}"  # an image has no end tag
            image = f'<img class="picture" alt="{esc(said)}" src="{source}">'
            return tag("figure", image, tag("figcaption", esc(said)))
        case Grid(said, heads, rows):
            plain = [head.replace("\n", " ") for head in heads]
            cells = [tuple(esc(cell) for cell in row) for row in rows]
            return table(said, plain, cells, numeric=tuple(range(1, len(heads))), class_="grid")


def parts_pdf(title: str, lead: str, parts: Sequence[Part]) -> bytes:
    """The same on A4 pages. Same parts, same bytes."""
    from matplotlib.backends.backend_pdf import PdfPages

    stream = io.BytesIO()
    sheet = _Sheet(title)
    sheet.write(lead, 10.5)
    for part in parts:
        sheet.put(part)
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

    def put(self, part: Part) -> None:
        match part:
            case Heading(text):
                self.write(text, 13.0, bold=True)
            case Words(text):
                self.write(text, 9.5)
            case Points(texts):
                for text in texts:
                    self.write(f"\u2022 {text}", 8.5)
            case Picture(said, png):
                self.picture(said, png)
            case Grid(said, heads, rows):
                for first in range(0, len(rows), _ROWS):
                    self.table(said, heads, rows[first : first + _ROWS])

    def write(self, text: str, size: float, *, bold: bool = False) -> None:
        lines = textwrap.wrap(text, int(_WIDE * _ACROSS * 72.0 / (0.56 * size)))
        high = len(lines) * size * 1.35 / 72.0 / _HIGH
        if bold and self.at - high - 0.15 < _BOTTOM:
            self._turn()  # a heading stays with what it is the heading of
        top = self._room(high + 0.008)
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

    def table(self, said: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        step = 0.019
        deep = max(str(head).count("\n") for head in heads) + 1
        high = step * (len(rows) + 0.8 * deep) + 0.012
        top = self._room(high + 0.045)
        caption = textwrap.wrap(said, 100)
        self.pages[-1].text(_LEFT, top, "\n".join(caption), fontsize=8.5, va="top", style="italic", parse_math=False)
        top -= 0.014 * len(caption)
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
        sides = [(0.0, "left"), *((end, "right") for end in ends[1:].tolist())]
        for (x, side), head in zip(sides, heads, strict=True):
            axes.text(x, below + 0.004, head, fontsize=size, ha=side, va="bottom", fontweight="bold")
        for number, row in enumerate(rows):
            at = below - step * (number + 0.65)
            for (x, side), cell in zip(sides, row, strict=True):
                axes.text(x, at, cell, fontsize=size, ha=side, va="center", parse_math=False)
