"""Colours that more than one form needs, and the page's style sheet."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["LIKELIHOOD_RGB", "SATELLITE_RGB", "style_sheet"]

SATELLITE_RGB = ((230, 121, 23), (0, 150, 136), (148, 92, 200), (214, 64, 110), (60, 130, 220), (150, 120, 20))
"""one colour per satellite on the globe; the style sheet has its own shades of them, ``--s0`` .. ``--s5``"""

LIKELIHOOD_RGB = ((158, 202, 240), (66, 146, 222), (8, 72, 160))
"""flood likelihood from possible over likely to certain"""


def style_sheet() -> str:
    """The style sheet, ready to be put inside the page."""
    return (files("swath.report") / "page.css").read_text(encoding="utf-8")
