"""Element sets and ephemerides in whatever form they are published: which one is it, and what does it hold?"""

from __future__ import annotations

import re

from swath.orbit.elements import Loaded, parse_tle
from swath.orbit.oem_read import parse_oem
from swath.orbit.omm import parse_omm
from swath.orbit.omm_records import is_header
from swath.orbit.tle_table import holds_lines, parse_tle_table

__all__ = ["form_of", "parse_elements"]

_OEM_TAG, _OMM_TAG = (re.compile(rf"<(\w+:)?{name}[\s>]") for name in ("oem", "omm"))


def parse_elements(text: str, *, source: str = "") -> Loaded:
    """Which element sets and ephemerides does a text hold? TLE as lines or in a table, OMM or OEM in any form.

    Never raises: what is not a good set comes back as :class:`~swath.orbit.elements.Rejected` with its line and the
    reason. ``source`` is kept in each :class:`~swath.model.Elements` and named in later errors.
    """
    form = form_of(text)
    if form == "tle":
        return parse_tle(text, source=source)
    if form == "table":
        return parse_tle_table(text, source=source)
    if form == "oem":
        return parse_oem(text, "kvn", source=source)
    if form != "xml" or not _OEM_TAG.search(text):
        return parse_omm(text, form, source=source)
    ephemerides = parse_oem(text, "xml", source=source)
    if not _OMM_TAG.search(text):
        return ephemerides
    sets = parse_omm(text, "xml", source=source)
    return Loaded(sets.elements, sets.rejected + ephemerides.rejected, ephemerides.ephemerides)


def form_of(text: str) -> str:
    """Which form is a text in, told by its beginning: ``json xml kvn csv oem table``, or else ``tle``?"""
    start = text.removeprefix("\ufeff").lstrip()[:10_000]
    # The name over a two-line set may itself begin with a bracket.
    if re.match(r"\{|\[\s*([{\[\]]|$)", start):
        return "json"
    if re.match(r"<[?!A-Za-z]", start):
        return "xml"
    lines = (line.strip() for line in start.split("\n"))
    first = next((line for line in lines if line and not line.startswith(("#", "COMMENT"))), "")
    if re.match(r"(CCSDS_OEM_VERS\s*=|META_START)", first):
        return "oem"
    if re.match(r"(CCSDS_OMM_VERS|OBJECT_NAME)\s*=", first):
        return "kvn"
    cells = [cell.strip().strip('"') for cell in first.split(",")]
    return "csv" if is_header(cells) else "table" if holds_lines(cells) else "tle"
