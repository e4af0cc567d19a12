"""The frame of every page that swath writes: one file, its style inside, nothing loaded, no scripts."""

from __future__ import annotations

from swath.report.style import style_sheet
from swath.report.svg import esc, tag

__all__ = ["document", "section"]


def document(title: str, *parts: str, style: str = "", kind: str = "") -> str:
    """A whole HTML page of parts that are HTML already. ``style`` is added to the common one; ``kind`` is the body's
    class. Same parts, same bytes.
    """
    page = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        tag("title", esc(title)),
        f"<style>\n{style_sheet()}{style}</style>",
        "</head>",
        f'<body class="{kind}">' if kind else "<body>",
        *parts,
        "</body>",
        "</html>",
    ]
    return "\n".join(page) + "\n"


def section(id: str, name: str, content: str) -> str:
    """A part of a page with a heading that links can name."""
    return tag("section", tag("h2", esc(name), id=id), content, aria_labelledby=id)
