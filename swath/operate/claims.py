"""From a claim file and element sets to verdicts, and to a bundle of evidence that can be made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from swath import __version__
from swath.claim.check import Dossier, check_claims
from swath.claim.records import ClaimFile
from swath.claim.scene import draw
from swath.errors import InputError
from swath.model import Elements
from swath.report.claim_bundle import bundle_files
from swath.sources.elements import Fetched, fetch_elements, read_elements
from swath.sources.eop import packaged_eop
from swath.sources.land import land_rings
from swath.store.claims import read_claims
from swath.store.lineage import Recipe, make

__all__ = ["bundle_of", "claims_folder", "dossier_of", "fetched_sets", "make_claims"]


def fetched_sets(places: Sequence[str]) -> list[Fetched]:
    """What the places hold that ``--elements`` names. Raises what ``fetch_elements`` raises."""
    return [fetch_elements(place) for place in places]


def dossier_of(path: Path, sets: Sequence[Elements]) -> Dossier:
    """What comes of the claims in a file, with the sets given and those that the file names."""
    file, beside = _beside(read_claims(path), path)
    return check_claims(file, [*sets, *beside], packaged_eop())


def _beside(file: ClaimFile, path: Path) -> tuple[ClaimFile, list[Elements]]:
    """The element sets that the file names: for all claims, or, from the row of a table, for that one."""
    if path.suffix.lower() != ".csv":
        return file, [one for name in file.elements for one in read_elements(path.parent / name).elements]
    there = {n: read_elements(path.parent / n).elements for n in file.elements if (path.parent / n).is_file()}
    claims = [
        replace(claim, elements=tuple(e for e in there[claim.history] if e.norad_id == claim.subject.norad_id))
        if claim.history in there
        else claim
        for claim in file.claims
    ]
    return replace(file, claims=tuple(claims)), []


def bundle_of(dossier: Dossier, path: Path) -> dict[str, bytes]:
    """All files of the evidence, by name."""
    eop = packaged_eop()
    drawn = {v.id: one for v in dossier.verdicts if (one := draw(v, eop)) is not None}
    return bundle_files(dossier, drawn, land_rings(), (path.name, path.read_bytes()), __version__)


def make_claims(recipe: Recipe, out: Path, progress: Callable[[str, float], None]) -> None:
    """The maker of a folder of evidence: inputs ``claims`` (one file) and ``elements`` (any number)."""
    if len(recipe.inputs.get("claims", ())) != 1:
        raise InputError("one claim file is needed", where="claims", fix="Make it again with swath claim check")
    (path,) = recipe.inputs["claims"]
    sets = [one for place in recipe.inputs.get("elements", ()) for one in read_elements(place).elements]
    progress("claims", 0.1)
    dossier = dossier_of(path, sets)
    progress("evidence", 0.6)
    for name, content in bundle_of(dossier, path).items():
        (out / name).write_bytes(content)


def claims_folder(path: Path, places: Sequence[str], dossier: Dossier, out: Path) -> None:
    """Write the evidence as a folder that ``swath verify`` makes again; :class:`InputError` for sets of the web."""
    remote = [place for place in places if not Path(place).exists()]
    if remote:
        fix = f"Save them first: swath orbit elements {remote[0]} --out elements.json"
        raise InputError("a folder that can be verified is made of files", where=remote[0], fix=fix)
    newest = max(claim.moment.latest for claim in dossier.file.claims)
    inputs = {"claims": [path], "elements": [Path(place) for place in places]}
    make(Recipe("claims", inputs, {}, seed=0, made=newest), out)
