"""Everything about a dossier of claims as files, and those in one archive: the same claims give the same bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.claim.check import Dossier
from swath.claim.published import Published
from swath.claim.scene import Drawn
from swath.model import Elements
from swath.orbit.oem import Oem
from swath.orbit.oem_write import oem_text
from swath.orbit.omm import to_omm_json
from swath.report.claim_answer import claims_json, claims_lines
from swath.report.claim_files import claims_czml, claims_kml
from swath.report.claim_page import claims_page

__all__ = ["Read", "bundle_files", "zipped"]

Floats = npt.NDArray[np.float64]
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Read:
    """The files that claims were read from and held against, besides element sets."""

    claims: tuple[str, bytes]
    """name and content"""
    beside: Mapping[str, bytes]
    """cloud masks that the claim file names"""
    scenes: Sequence[tuple[str, bytes]] = ()
    """items whose pictures were looked at: told by their hash, not copied"""


def bundle_files(
    dossier: Dossier, drawings: Mapping[str, Drawn], land: Sequence[Floats], read: Read, version: str
) -> dict[str, bytes]:
    """Name and content of each file of the bundle; ``SHA256SUMS`` holds the hashes of all others."""
    name, content = read.claims
    files = {name: content, **read.beside}
    if sets := _sets(dossier):
        files["elements.json"] = to_omm_json(sets).encode()
    given = " --elements elements.json" if sets else ""
    if published := _published(dossier):
        last = max(one.span[1] for one in published)
        files["ephemerides.oem"] = oem_text(published, created=last).encode()
        given += " --elements ephemerides.oem"
    given += "".join(f" --scenes {scene}" for scene, _ in read.scenes)
    command = [f"pip install swath=={version}", f"swath claim check {name}{given} --out page.html"]
    hashes = [(each, hashlib.sha256(data).hexdigest()) for each, data in [*sorted(files.items()), *read.scenes]]
    page = claims_page(dossier, drawings, land, files=hashes, reproduce=command)
    files |= {
        "index.html": page.encode(),
        "verdicts.json": claims_json(dossier).encode(),
        "verdicts.txt": ("\n".join(claims_lines(dossier, full=True)) + "\n").encode(),
        "claims.kml": claims_kml(dossier, drawings).encode(),
        "claims.czml": claims_czml(dossier, drawings).encode(),
        "REPRODUCE.txt": (
            "\n".join(["The files here are made again, byte for byte, by", "", *command]) + "\n"
        ).encode(),
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {each}\n" for each, data in sorted(files.items()))
    return files | {"SHA256SUMS": sums.encode()}


def _published(dossier: Dossier) -> list[Oem]:
    """The ephemerides that claims were held against, each once, by their span."""
    used = {
        id(verdict.elements.oem): verdict.elements.oem
        for verdict in dossier.verdicts
        if isinstance(verdict.elements, Published)
    }
    return sorted(used.values(), key=lambda one: (one.span[0], one.object_name))


def _sets(dossier: Dossier) -> list[Elements]:
    """All sets of the histories that claims were held against, oldest first, each once."""
    every = {
        (one.norad_id, one.epoch, one.mean_anomaly_deg): one
        for history in dossier.histories.values()
        for one in history.sets
    }
    return [every[key] for key in sorted(every, key=lambda key: (key[0], str(key[1]), key[2]))]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one archive, in the order of their names, without a time of their own."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return content.getvalue()
