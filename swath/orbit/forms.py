"""Element sets in whatever form they are published: which one is it, and what does it hold?"""

from __future__ import annotations

import re

from swath.orbit.elements import Loaded, parse_tle
from swath.orbit.omm import parse_omm
from swath.orbit.omm_records import is_header

__all__ = ["form_of", "parse_elements"]


def parse_elements(text: str, *, source: str = "") -> Loaded:
    """Which element sets does a text hold? Two- and three-line sets, or OMM in JSON, XML, KVN or CSV.

    Never raises: what is not a good set comes back as :class:`~swath.orbit.elements.Rejected` with its line and the
    reason. ``source`` is kept in each :class:`~swath.model.Elements` and named in later errors.
    """
    form = form_of(text)
    return parse_tle(text, source=source) if form == "tle" else parse_omm(text, form, source=source)


def form_of(text: str) -> str:
    """Which form is a text in: ``json``, ``xml``, ``kvn``, ``csv``, or else ``tle``? Told from how it begins."""
    start = text.removeprefix("\ufeff").lstrip()[:10_000]
    # The name over a two-line set may itself begin with a bracket.
    if re.match(r"\{|\[\s*([{\[\]]|$)", start):
        return "json"
    if re.match(r"<[?!A-Za-z]", start):
        return "xml"
    lines = (line.strip() for line in start.split("\n"))
    first = next((line for line in lines if line and not line.startswith(("#", "COMMENT"))), "")
    if re.match(r"(CCSDS_OMM_VERS|OBJECT_NAME)\s*=", first):
        return "kvn"
    return "csv" if is_header([cell.strip().strip('"') for cell in first.split(",")]) else "tle"
