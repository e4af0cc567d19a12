"""Could that satellite have taken that picture? A whole file of claims against the orbits there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from swath.claim.fit import Fit, joint_fit
from swath.claim.judge import CONSISTENT_S, judge_approach, judge_picture, judge_sun, judge_under, undetermined
from swath.claim.looks import approaches, passes_over
from swath.claim.motion import Anchor, History, Track, best_track, history_of, tuned
from swath.claim.pairs import Pair, pairs_of
from swath.claim.published import Published, published_orbit
from swath.claim.raises import judge_raise
from swath.claim.records import Claim, ClaimFile, Verdict
from swath.claim.who import Candidate, who_could
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation
from swath.model import Elements
from swath.orbit.oem import Oem
from swath.time import elapsed_s, format_utc, parse_utc, seconds

__all__ = ["Dossier", "check_claims"]

_ANCHOR_REACH_S = 3000.0
_READ_BY_EYE_S = {"closest approach": 1.0, "rise": 5.0, "set": 5.0}
"""an analyst's own error beside the width that is stated; refraction and hills move a horizon by seconds"""


@dataclass(frozen=True)
class Dossier:
    """All that came of a file of claims."""

    file: ClaimFile
    verdicts: tuple[Verdict, ...]
    pairs: tuple[Pair, ...] = ()
    fits: tuple[Fit, ...] = ()
    candidates: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    """of claims about an unknown satellite: who could have been it"""
    histories: Mapping[str, History] = field(default_factory=dict)
    """the element sets that each claim was held against, by its id"""


def check_claims(
    file: ClaimFile, elements: Sequence[Elements], eop: EarthOrientation, ephemerides: Sequence[Oem] = ()
) -> Dossier:
    """What comes of each claim of a file, with the element sets in it, those of ``elements``, and ``ephemerides``?

    Never raises for a claim that cannot be judged: it is ``undetermined``, and says what is missing. Claims without a
    usable orbit are held against the orbit that the other exact times of the file fit, where there are enough of them.
    Raises :class:`InputError` where a claim's satellite goes by a name that several objects of ``elements`` have.
    """
    own = [one for claim in file.claims for one in claim.elements]
    known = _Known(elements, own, [published_orbit(one, eop) for one in ephemerides])
    wanted = [_identified(claim, known.shared) for claim in file.claims]
    anchors = _anchors(wanted, known, eop)
    candidates: dict[str, tuple[Candidate, ...]] = {}
    for claim in wanted:
        if not claim.subject.known and claim.place is not None and claim.shadow is None and known.shared:
            candidates[claim.id] = who_could(claim, known.shared, eop)
    judged = [_verdict(claim, known, anchors, candidates.get(claim.id), eop) for claim in wanted]
    fits = _fits(wanted, judged, known, eop)
    verdicts = [
        one if isinstance(one, Verdict) else _by_fit(c, one, fits, eop) for c, one in zip(wanted, judged, strict=True)
    ]
    verdicts = [_together(verdict, fits) for verdict in verdicts]
    return Dossier(
        file,
        tuple(verdicts),
        tuple(pairs_of(verdicts, eop)),
        tuple(fits),
        candidates,
        {claim.id: history for claim in wanted if (history := known.of(claim)) is not None},
    )


class _Known:
    """The element sets there are: those for all claims, and those that come with one.

    A claim is held against its own sets and those for all; where there are neither, against those of its neighbours.
    """

    def __init__(self, shared: Sequence[Elements], own: Sequence[Elements], published: Sequence[Published]) -> None:
        self._published = tuple(published)
        self.shared = {n: history_of(sets) for n, sets in _by_number(shared).items()}
        self._neighbours = {n: tuple(sets) for n, sets in _by_number(own).items()}
        self._made: dict[tuple[tuple[Elements, ...], tuple[int, ...]], History] = {}

    def of(self, claim: Claim) -> History | None:
        number = claim.subject.norad_id
        for_all = self.shared[number].sets if number in self.shared else ()
        sets = (*for_all, *claim.elements) or self._neighbours.get(number or 0, ())
        cospar_ids = {one.cospar_id for one in sets}
        mine = tuple(one for one in self._published if _is_of(one, claim, cospar_ids))
        key = (sets, tuple(map(id, mine)))
        if (sets or mine) and key not in self._made:
            self._made[key] = history_of(_by_number(sets)[number] if number is not None and sets else (), mine)
        return self._made.get(key)


def _is_of(one: Published, claim: Claim, cospar_ids: set[str]) -> bool:
    """Is an ephemeris that of the claim's satellite? By number, designator or name."""
    subject, id = claim.subject, re.sub(r"^([0-9]{4}-[0-9]{3})-([A-Z]{1,3})$", r"\1\2", one.oem.object_id)
    name = subject.name.strip().casefold()
    return bool(
        (one.oem.norad_id is not None and one.oem.norad_id == subject.norad_id)
        or (id and id in cospar_ids)
        or (name and name in (one.name.casefold(), id.casefold()))
    )


def _by_number(sets: Sequence[Elements]) -> dict[int, list[Elements]]:
    found: dict[int, dict[tuple[object, ...], Elements]] = {}
    for one in sets:
        key = (one.epoch, one.mean_motion_rev_day, one.mean_anomaly_deg, one.raan_deg)
        found.setdefault(one.norad_id, {}).setdefault(key, one)
    return {n: list(kept.values()) for n, kept in found.items()}


def _identified(claim: Claim, known: Mapping[int, History]) -> Claim:
    """The claim with the number of its satellite: its own elements', or that of the only object of its name."""
    if not claim.subject.known or claim.subject.norad_id is not None:
        return claim
    if claim.elements:
        return replace(claim, subject=replace(claim.subject, norad_id=claim.elements[0].norad_id))
    name = claim.subject.name.strip().casefold()
    named = [n for n, h in known.items() if any(name in (e.name.casefold(), e.cospar_id.casefold()) for e in h.sets)]
    if len(named) > 1:
        raise InputError(
            f"{len(named)} objects are called {claim.subject.name!r}: {', '.join(map(str, sorted(named)))}",
            where=f"claim {claim.id}",
            fix="Add norad_id = ... of the one that is meant",
        )
    return replace(claim, subject=replace(claim.subject, norad_id=named[0])) if named else claim


def _anchors(claims: Sequence[Claim], known: _Known, eop: EarthOrientation) -> dict[int | str, list[Anchor]]:
    """How late was each satellite, against its best set, by the observations in the file?"""
    found: dict[int | str, list[Anchor]] = {}
    for claim in claims:
        history = known.of(claim)
        if not claim.anchors or history is None or claim.place is None or claim.kind not in _READ_BY_EYE_S:
            continue
        try:
            track = best_track(history, claim.moment.middle, eop)
        except DataError:
            continue
        start, stop = (claim.moment.middle + seconds(sign * _ANCHOR_REACH_S) for sign in (-1.0, 1.0))
        if claim.kind == "closest approach":
            times = [one.time for one in approaches(track.elements, claim.place, start, stop, eop)]
        else:
            edges = passes_over(track.elements, claim.place, start, stop, eop)
            times = [one[0] if claim.kind == "rise" else one[1] for one in edges]
        if times:
            best = min(times, key=lambda one: abs(float(elapsed_s(claim.moment.middle, one))))
            late_s = float(elapsed_s(best, claim.moment.middle))
            sigma_s = float(np.hypot(claim.moment.half_width_s / np.sqrt(3.0), _READ_BY_EYE_S[claim.kind]))
            found.setdefault(_key(claim), []).append(Anchor(claim.moment.middle, late_s, sigma_s, claim.id))
    return found


def _verdict(
    claim: Claim,
    known: _Known,
    anchors: Mapping[int | str, list[Anchor]],
    candidates: tuple[Candidate, ...] | None,
    eop: EarthOrientation,
) -> Verdict | str:
    """What comes of a claim; a word on what is missing where no orbit is at hand for its time."""
    if claim.kind == "raise":
        return judge_raise(claim, known.of(claim))
    if claim.place is None:
        return undetermined(claim, "no place with coordinates is stated")
    if not claim.subject.known:
        if claim.shadow is not None:
            return judge_sun(claim, eop)
        return _unknown(claim, candidates)
    if (outside := _outside_life(claim, known)) is not None:
        return outside
    history = known.of(claim)
    if history is None:
        named = claim.subject.name or str(claim.subject.norad_id)
        return f"no element set of {named} is at hand: give a history by --elements FILE"
    try:
        at = claim.moment.middle
        mine = [a for a in anchors.get(_key(claim), []) if a.claim != claim.id]
        return _judged(claim, tuned(best_track(history, at, eop), history, at, mine), eop)
    except DataError as error:
        return f"{error.what}. {error.fix}"


def _by_fit(claim: Claim, missing: str, fits: Sequence[Fit], eop: EarthOrientation) -> Verdict:
    """A claim without an orbit for its time, against the one that the other times of the file fit."""
    fit = next((one for one in fits if one.key == _key(claim)), None)
    if fit is None:
        return undetermined(claim, missing)
    if fit.short_of:
        return undetermined(claim, f"{missing}. The exact times of this file do not make up for it: {fit.short_of}")
    try:
        return _judged(claim, fit.track(claim.moment.middle, claim.id), eop)
    except DataError as error:
        return undetermined(claim, f"{missing}; {error.what}")


def _judged(claim: Claim, track: Track, eop: EarthOrientation) -> Verdict:
    if claim.kind in ("closest approach", "rise", "set", "pass"):
        return judge_approach(claim, track, eop)
    if claim.kind == "sub-satellite point":
        return judge_under(claim, track, eop)
    return judge_picture(claim, track, eop)


def _outside_life(claim: Claim, known: _Known) -> Verdict | None:
    """Was the satellite in orbit at all at the stated time?"""
    moment, subject = claim.moment, claim.subject
    named = subject.name or str(subject.norad_id)
    if subject.launched is not None and moment.latest < subject.launched:
        why = f"{named} was launched at {format_utc(subject.launched)}, after the stated time"
        return Verdict(claim.id, "impossible", "impossible: before launch", (why,), claim)
    if subject.decayed is not None and moment.earliest > subject.decayed:
        why = f"{named} came down at {format_utc(subject.decayed)}, before the stated time"
        return Verdict(claim.id, "impossible", "impossible: after decay", (why,), claim)
    history = known.of(claim)
    sets = history.sets if history is not None else ()
    years = {int(one.cospar_id[:4]) for one in sets if one.cospar_id[:4].isdigit() and one.cospar_id[4:5] == "-"}
    if years and moment.latest < parse_utc(f"{min(years)}-01-01T00:00:00Z"):
        why = f"{named} ({sets[0].cospar_id}) was launched in {min(years)}, after the stated time"
        return Verdict(claim.id, "impossible", "impossible: before launch", (why,), claim)
    return None


def _unknown(claim: Claim, candidates: tuple[Candidate, ...] | None) -> Verdict:
    if candidates is None:
        why = "no satellite is named and no element sets are given: --elements FILE says who flies"
        return undetermined(claim, why)
    able = [one for one in candidates if one.able]
    if not able:
        why = f"none of the {len(candidates)} satellites given had the place within its camera's reach"
        return undetermined(claim, f"{why}; others fly that are not among them")
    best = able[0]
    why = f"{len(able)} of {len(candidates)} satellites given could have; nearest to the vertical: {best.says}"
    return Verdict(claim.id, "possible", "possible", (why,), claim, off_nadir_deg=best.off_nadir_deg)


def _together(verdict: Verdict, fits: Sequence[Fit]) -> Verdict:
    """A possible claim whose exact time fits one orbit with others, as no random times do, is consistent."""
    for fit in fits:
        row = next((row for row in fit.rows if row.claim == verdict.id), None)
        if row is None or fit.short_of or fit.key != _key(verdict.claim):
            continue
        off_s = max(abs(row.residual_s), abs(row.left_out_s)) + verdict.claim.moment.half_width_s
        within_s = max(float(np.ceil(off_s)), 1.0)
        if verdict.verdict in ("possible", "consistent") and within_s <= min(CONSISTENT_S, verdict.within_s or np.inf):
            return replace(
                verdict,
                verdict="consistent",
                says=f"consistent to within {within_s:.0f} s, with the others on one orbit",
                within_s=within_s,
                because=(f"with the others of this file on one orbit: {fit.says}", *verdict.because),
            )
    return verdict


def _fits(claims: Sequence[Claim], judged: Sequence[Verdict | str], known: _Known, eop: EarthOrientation) -> list[Fit]:
    """One joint fit a satellite of which at least three exact times are claimed; what is impossible stays out."""
    left = [c for c, one in zip(claims, judged, strict=True) if isinstance(one, str) or one.verdict != "impossible"]
    found = []
    for key in dict.fromkeys(_key(claim) for claim in left if claim.subject.known):
        mine = [claim for claim in left if _key(claim) == key]
        histories = [history for claim in mine if (history := known.of(claim)) is not None]
        fit = joint_fit(mine, max(histories, key=lambda one: len(one.sets), default=history_of(())), eop)
        found += [fit] if fit is not None else []
    return found


def _key(claim: Claim) -> int | str:
    """One satellite, by number or else by name."""
    subject = claim.subject
    return subject.norad_id if subject.norad_id is not None else subject.name.strip().casefold()
