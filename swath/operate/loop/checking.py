"""Claims that somebody sends to be checked: the evidence becomes a folder among the mission's reports."""

from __future__ import annotations

import re
from pathlib import Path

from swath.errors import InputError
from swath.operate.claims import Given, claims_folder, dossier_of
from swath.operate.loop.work import Commit, Shift, Told
from swath.sources.elements import read_elements
from swath.store.claims import parse_claims
from swath.store.folder import write_whole
from swath.store.jobs import Job

__all__ = ["CHECK", "FORMS", "check_claims", "checked_question"]

CHECK = "claims"
FORMS = ("toml", "json", "csv")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_MOST = 300_000


def checked_question(folder: Path, name: str, form: str, text: str) -> int:
    """How many claims are in a text that somebody sent? :class:`InputError` where it cannot be checked.

    It may name files (element sets, cloud masks) only if they lie in the mission's folder of claims already.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name[:70]!r} is no name", where="name", fix="Small letters, digits and hyphens: kcna-2023")
    if form not in FORMS:
        raise InputError(f"{form[:20]!r} is no form", where="form", fix=f"Give one of {', '.join(FORMS)}")
    if len(text) > _MOST:
        raise InputError(f"{len(text)} letters", where="text", fix=f"At most {_MOST}: send it in parts")
    file = parse_claims(text, f".{form}", where="text")
    named = {*file.elements, *(cloud.name for claim in file.claims for cloud in claim.clouds)}
    for one in sorted(named):
        if Path(one).name != one or one.startswith(".") or not (folder / CHECK / one).is_file():
            raise InputError(
                f"the file {one[:60]!r} is not in the mission's folder {CHECK}/",
                where="text",
                fix="Put it there first, or paste element sets beside the claims",
            )
    return len(file.claims)


def check_claims(shift: Shift, job: Job, told: Told) -> Commit:
    """Check claims and write their evidence. Doing it again writes the same."""
    name, form, text = (str(job.asked[key]) for key in ("name", "form", "text"))
    checked_question(shift.folder, name, form, text)
    room = shift.folder / CHECK
    path, sets = room / f"{name}.{form}", room / f"{name}.elements.txt"
    room.mkdir(exist_ok=True)
    write_whole(path, text)
    given = Given()
    if job.asked.get("elements"):
        write_whole(sets, str(job.asked["elements"]))
        held = read_elements(sets)
        given = Given(held.elements, held.ephemerides, (), [str(sets)])
    told("orbits and tests", 0.2)
    dossier = dossier_of(path, given)
    told("evidence", 0.7)
    claims_folder(path, given, dossier, room / name)
    counts: dict[str, int] = {}
    for verdict in dossier.verdicts:
        counts[verdict.verdict] = counts.get(verdict.verdict, 0) + 1
    return lambda write: {"report": name, "verdicts": counts}
