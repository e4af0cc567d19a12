"""Element sets from CelesTrak: the general perturbations (GP) query, as OMM in JSON.

JSON and not TLE, because TLEs leave out every object with a number above 99,999 (since July 2026 there are such).
CelesTrak asks not to fetch the same query twice within two hours, in which the data is renewed, and programs to stop
at any answer but 200, redirections included; who does not is blocked (https://celestrak.org/usage-policy.php, as of
22 May 2026).
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlencode

from swath.errors import InputError
from swath.orbit.forms import parse_elements
from swath.sources.cache import Cache, Rules, kept_or_asked
from swath.sources.provenance import Provenance
from swath.sources.web import ask, opener

__all__ = ["RENEWED_S", "address", "fetch", "unusable"]

RENEWED_S = 7200.0
"""the same query is not asked again before"""
_HOME = "https://celestrak.org/NORAD/elements/gp.php"


def fetch(query: str, cache: Cache) -> tuple[bytes, Provenance]:
    """OMM in JSON for a group (``resource``, ``active``), catalogue number, designator (``2015-028A``) or ``name=...``.

    Within two hours of the last answer the kept one is given. Raises :class:`InputError` for a query of another form
    and :class:`DataError` where CelesTrak has nothing or cannot be asked and nothing is kept.
    """
    url = address(query)
    return kept_or_asked(
        cache,
        "celestrak",
        url,
        lambda headers: ask(url, headers=headers, through=opener(follow=False)),
        rules=Rules(RENEWED_S, stop_at=()),
        usable=unusable,
    )


def address(query: str) -> str:
    """The web address of a query. ``SWATH_CELESTRAK`` names a mirror to ask instead."""
    text = query.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        asked = {"CATNR": str(int(text))}
    elif re.fullmatch(r"(19|20)[0-9]{2}-[0-9]{3}[A-Z]{0,3}", text.upper()):
        asked = {"INTDES": text.upper()}
    elif name := re.fullmatch(r"name=([\w .()/*-]{2,40})", text, re.IGNORECASE | re.ASCII):
        asked = {"NAME": name[1].upper()}
    elif re.fullmatch(r"(?=.*[a-z])[a-z0-9][a-z0-9-]{1,39}", text.lower()):
        asked = {"GROUP": text.lower()}
    else:
        raise InputError(
            f"{query[:40]!r} is not something that CelesTrak can be asked for",
            where="celestrak",
            fix="Give a group (resource), a catalogue number (40697), a designator (2015-028A) or name=SENTINEL",
        )
    return f"{os.environ.get('SWATH_CELESTRAK') or _HOME}?{urlencode(asked | {'FORMAT': 'JSON'})}"


def unusable(body: bytes) -> str:
    """What is wrong with an answer: it holds no element set. Its own words say why (``No GP data found``)."""
    text = body.decode("utf-8", "replace")
    loaded = parse_elements(text)
    if loaded.elements or loaded.ephemerides:
        return ""
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()
    return f"the answer holds no element set: {said[:120]!r}"
