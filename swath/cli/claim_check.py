"""``swath claim check``: the claims of a file against orbits, the Sun, and each other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.claim.check import Dossier
    from swath.model import Elements
    from swath.operate.claims import Given
    from swath.orbit.oem import Oem

__all__ = ["check", "code_of", "orbits_of", "sets_of"]

_SHOWN = 10
_FORMS = {
    "": "",
    ".zip": "",
    ".html": "index.html",
    ".json": "verdicts.json",
    ".kml": "claims.kml",
    ".czml": "claims.czml",
}
"""what can be written, by ending, and the file of the bundle that it is"""


def check(
    file: Path,
    /,
    *,
    elements: list[str] | None = None,
    scenes: list[Path] | None = None,
    out: Path | None = None,
    full: bool = False,
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
        A history of element sets, or an ephemeris (OEM): file, folder, celestrak:GROUP, spacetrack:NUMBER. May be
        given several times.
    scenes
        How cloudy it was: masks (GeoTIFF, GeoJSON), STAC items, an archive of swath. May be given several times.
    out
        Write the evidence: a folder, .zip (the folder in one file), .html (one page), .json, .kml or .czml.
    full
        Tell all reasons of every claim.
    json
        Print JSON instead of a table.
    """
    from swath.operate.claims import Given, dossier_of
    from swath.report.claim_answer import claims_json, claims_lines

    _check_out(out)
    places = elements or []
    sets, ephemerides = orbits_of(places)
    given = Given(sets, ephemerides, scenes or [], places)
    dossier = dossier_of(file, given)
    if out is not None:
        _write(dossier, file, given, out)
    if json:
        print(claims_json(dossier), end="")
    elif out is None:
        print("\n".join(claims_lines(dossier, full=full)))
    return code_of(dossier)


def sets_of(places: list[str]) -> list[Elements]:
    """All element sets of the places that ``--elements`` names, without ephemerides."""
    return orbits_of(places)[0]


def orbits_of(places: list[str]) -> tuple[list[Elements], list[Oem]]:
    """All element sets and ephemerides of the places; where from, and what was rejected, goes to stderr."""
    from swath.operate.claims import fetched_sets

    sets: list[Elements] = []
    ephemerides: list[Oem] = []
    for fetched in fetched_sets(places):
        sets += fetched.loaded.elements
        ephemerides += fetched.loaded.ephemerides
        notes = [source["told"] for source in fetched.told()]
        notes += [f"rejected line {one.line}: {one.what}" for one in fetched.loaded.rejected]
        for note in notes[:_SHOWN]:
            print(f"swath: {note}", file=sys.stderr)
    return sets, ephemerides


def _check_out(out: Path | None) -> None:
    if out is None:
        return
    if out.suffix.lower() not in _FORMS:
        known = " ".join(form for form in _FORMS if form)
        raise InputError(f"cannot write {out.suffix}", where=str(out), fix=f"Name a folder, or end it with {known}")
    if out.suffix and not out.parent.is_dir():
        raise InputError("its folder does not exist", where=str(out), fix="Make the folder first")


def _write(dossier: Dossier, path: Path, given: Given, out: Path) -> None:
    from swath.operate.claims import bundle_of, claims_folder
    from swath.report.claim_bundle import zipped
    from swath.store.folder import write_whole

    ending = out.suffix.lower()
    if ending == "":
        claims_folder(path, given, dossier, out)
    else:
        files = bundle_of(dossier, path, given)
        write_whole(out, zipped(files) if ending == ".zip" else files[_FORMS[ending]])
    print(f"{len(dossier.verdicts)} verdicts -> {out}", file=sys.stderr)


def code_of(dossier: Dossier) -> int:
    """1 where a claim is impossible, 3 where none could be judged, else 0."""
    words = {verdict.verdict for verdict in dossier.verdicts}
    return 1 if "impossible" in words else 3 if words == {"undetermined"} else 0
