"""Everything about a dossier of claims as files, and those in one archive: the same claims give the same bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.claim.check import Dossier
from swath.claim.scene import Drawn
from swath.model import Elements
from swath.orbit.omm import to_omm_json
from swath.report.claim_answer import claims_json, claims_lines
from swath.report.claim_files import claims_czml, claims_kml
from swath.report.claim_page import claims_page

__all__ = ["bundle_files", "zipped"]

Floats = npt.NDArray[np.float64]
_EPOCH = (1980, 1, 1, 0, 0, 0)


def bundle_files(
    dossier: Dossier, drawings: Mapping[str, Drawn], land: Sequence[Floats], claim_file: tuple[str, bytes], version: str
) -> dict[str, bytes]:
    """Name and content of each file of the bundle; ``SHA256SUMS`` holds the hashes of all others.

    ``claim_file`` is the name and content of what was read.
    """
    name, content = claim_file
    sets = to_omm_json(_sets(dossier)).encode()
    files = {name: content, "elements.json": sets}
    command = [f"pip install swath=={version}", f"swath claim check {name} --elements elements.json --out page.html"]
    hashes = [(each, hashlib.sha256(data).hexdigest()) for each, data in sorted(files.items())]
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
