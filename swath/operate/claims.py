"""From a claim file and element sets to verdicts, and to a bundle of evidence that can be made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from swath import __version__
from swath.claim.check import Dossier, check_claims
from swath.claim.records import ClaimFile
from swath.claim.scene import draw
from swath.errors import InputError
from swath.model import Elements
from swath.operate.claim_sky import scenes_near, sky_over
from swath.orbit.oem import Oem
from swath.report.claim_bundle import Read, bundle_files
from swath.sources.elements import Fetched, fetch_elements, read_elements
from swath.sources.eop import packaged_eop
from swath.sources.land import land_rings
from swath.store.claims import read_claims
from swath.store.lineage import Recipe, make

__all__ = ["Given", "bundle_of", "claims_folder", "dossier_of", "fetched_sets", "make_claims"]


@dataclass(frozen=True)
class Given:
    """What claims are held against besides what their file holds."""

    sets: Sequence[Elements] = ()
    ephemerides: Sequence[Oem] = ()
    scenes: Sequence[Path] = ()
    """cloud masks, STAC items, archives"""
    places: Sequence[str] = field(default=())
    """where sets and ephemerides are from, as the user named them"""


def fetched_sets(places: Sequence[str]) -> list[Fetched]:
    """What the places hold that ``--elements`` names. Raises what ``fetch_elements`` raises."""
    return [fetch_elements(place) for place in places]


def dossier_of(path: Path, given: Given = Given()) -> Dossier:
    """What comes of the claims in a file, with what is given and what the file names."""
    file, beside, published = _beside(read_claims(path), path)
    claims = tuple(sky_over(claim, path.parent, given.scenes) for claim in file.claims)
    sets, ephemerides = [*given.sets, *beside], [*given.ephemerides, *published]
    return check_claims(replace(file, claims=claims), sets, packaged_eop(), ephemerides)


def _beside(file: ClaimFile, path: Path) -> tuple[ClaimFile, list[Elements], list[Oem]]:
    """What the file names: for all claims, or, from the row of a table, for that one."""
    if path.suffix.lower() != ".csv":
        held = [read_elements(path.parent / name) for name in file.elements]
        return file, [e for one in held for e in one.elements], [o for one in held for o in one.ephemerides]
    there = {n: read_elements(path.parent / n).elements for n in file.elements if (path.parent / n).is_file()}
    claims = [
        replace(claim, elements=tuple(e for e in there[claim.history] if e.norad_id == claim.subject.norad_id))
        if claim.history in there
        else claim
        for claim in file.claims
    ]
    return replace(file, claims=tuple(claims)), [], []


def bundle_of(dossier: Dossier, path: Path, given: Given = Given()) -> dict[str, bytes]:
    """All files of the evidence, by name."""
    eop = packaged_eop()
    drawn = {v.id: one for v in dossier.verdicts if (one := draw(v, eop)) is not None}
    masks = sorted({cloud.name for claim in dossier.file.claims for cloud in claim.clouds})
    beside = {name: (path.parent / name).read_bytes() for name in masks}
    scenes = [(one.name, one.read_bytes()) for one in _used(dossier, given)]
    read = Read((path.name, path.read_bytes()), beside, scenes)
    return bundle_files(dossier, drawn, land_rings(), read, __version__)


def _used(dossier: Dossier, given: Given) -> list[Path]:
    """The scenes that a claim was held against."""
    sources = {sky.source for claim in dossier.file.claims for sky in claim.sky}
    return [path for path in scenes_near(given.scenes) if path.name in sources]


def make_claims(recipe: Recipe, out: Path, progress: Callable[[str, float], None]) -> None:
    """The maker of a folder of evidence: inputs ``claims`` (one file), ``elements`` and ``scenes`` (any number)."""
    if len(recipe.inputs.get("claims", ())) != 1:
        raise InputError("one claim file is needed", where="claims", fix="Make it again with swath claim check")
    (path,) = recipe.inputs["claims"]
    held = [read_elements(place) for place in recipe.inputs.get("elements", ())]
    given = Given(
        [one for each in held for one in each.elements],
        [one for each in held for one in each.ephemerides],
        recipe.inputs.get("scenes", ()),
    )
    progress("claims", 0.1)
    dossier = dossier_of(path, given)
    progress("evidence", 0.6)
    for name, content in bundle_of(dossier, path, given).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)


def claims_folder(path: Path, given: Given, dossier: Dossier, out: Path) -> None:
    """Write the evidence as a folder that ``swath verify`` makes again; :class:`InputError` for sets of the web."""
    remote = [place for place in given.places if not Path(place).exists()]
    if remote:
        fix = f"Save them first: swath orbit elements {remote[0]} --out elements.json"
        raise InputError("a folder that can be verified is made of files", where=remote[0], fix=fix)
    newest = max(claim.moment.latest for claim in dossier.file.claims)
    inputs = {"claims": [path], "elements": [Path(place) for place in given.places], "scenes": _used(dossier, given)}
    make(Recipe("claims", inputs, {}, seed=0, made=newest), out)
