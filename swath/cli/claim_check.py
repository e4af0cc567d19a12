"""``swath claim check``: the claims of a file against orbits, the Sun, and each other."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from swath.cli.options import JsonOption

if TYPE_CHECKING:
    from swath.claim.check import Dossier
    from swath.claim.records import ClaimFile
    from swath.model import Elements

__all__ = ["check", "code_of", "elements_of"]

_SHOWN = 10


def check(
    file: Path,
    /,
    *,
    elements: list[str] | None = None,
    full: Annotated[bool, Parameter(negative="")] = False,
    json: JsonOption = False,
) -> int:
    """What comes of each claim in FILE: impossible, inconsistent as stated, possible, consistent, or undetermined?

    Example: swath claim check examples/claims/kcna-2023.toml

    Exit code 1 if any claim is impossible, 3 if none could be judged for want of data, else 0.

    Parameters
    ----------
    file
        Claims: .toml, .json or .csv (docs/reference/claim-file.md).
    elements
        A history of element sets: file, folder, celestrak:GROUP, spacetrack:NUMBER. May be given several times.
    full
        Tell all reasons of every claim.
    json
        Print JSON instead of a table.
    """
    from swath.report.claim_answer import claims_json, claims_lines

    dossier = _checked(file, elements or [])
    if json:
        print(claims_json(dossier), end="")
    else:
        print("\n".join(claims_lines(dossier, full=full)))
    return code_of(dossier)


def _checked(path: Path, places: list[str]) -> Dossier:
    from swath.claim.check import check_claims
    from swath.sources.eop import packaged_eop
    from swath.store.claims import read_claims

    file = read_claims(path)
    sets = elements_of(places)
    file, beside = _beside(file, path)
    return check_claims(file, [*sets, *beside], packaged_eop())


def elements_of(places: list[str]) -> list[Elements]:
    """All element sets of the places that ``--elements`` names; what was rejected goes to stderr."""
    from swath.sources.elements import fetch_elements

    sets: list[Elements] = []
    for place in places:
        fetched = fetch_elements(place)
        sets += fetched.loaded.elements
        notes = [source["told"] for source in fetched.told()]
        notes += [f"rejected line {one.line}: {one.what}" for one in fetched.loaded.rejected]
        for note in notes[:_SHOWN]:
            print(f"swath: {note}", file=sys.stderr)
    return sets


def _beside(file: ClaimFile, path: Path) -> tuple[ClaimFile, list[Elements]]:
    """The element sets that the file names: for all claims, or, from the row of a table, for that one."""
    from swath.sources.elements import read_elements

    if path.suffix.lower() != ".csv":
        return file, [one for name in file.elements for one in read_elements(path.parent / name).elements]
    found: dict[str, tuple[Elements, ...]] = {}
    for name in file.elements:
        if (path.parent / name).is_file():
            found[name] = read_elements(path.parent / name).elements
    claims = [
        replace(claim, elements=tuple(e for e in found[claim.history] if e.norad_id == claim.subject.norad_id))
        if claim.history in found
        else claim
        for claim in file.claims
    ]
    return replace(file, claims=tuple(claims)), []


def code_of(dossier: Dossier) -> int:
    """1 where a claim is impossible, 3 where none could be judged, else 0."""
    words = {verdict.verdict for verdict in dossier.verdicts}
    return 1 if "impossible" in words else 3 if words == {"undetermined"} else 0
