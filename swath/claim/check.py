"""Could that satellite have taken that picture? A whole file of claims against the orbits there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from swath.claim.fit import Fit, joint_fit
from swath.claim.judge import CONSISTENT_S, judge_approach, judge_picture, judge_sun, judge_under, undetermined
from swath.claim.looks import approaches
from swath.claim.motion import Anchor, History, Track, best_track, history_of, tuned
from swath.claim.pairs import Pair, pairs_of
from swath.claim.raises import judge_raise
from swath.claim.records import Claim, ClaimFile, Verdict
from swath.claim.who import Candidate, who_could
from swath.errors import DataError, InputError
from swath.frames import EarthOrientation
from swath.model import Elements
from swath.time import elapsed_s, format_utc, parse_utc, seconds

__all__ = ["Dossier", "check_claims"]

_ANCHOR_REACH_S = 3000.0
_FEWEST_TOGETHER, _CHANCE = 4, 0.01
_READ_BY_EYE_S = 1.0
"""an analyst's own error beside the width that is stated"""


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


def check_claims(file: ClaimFile, elements: Sequence[Elements], eop: EarthOrientation) -> Dossier:
    """What comes of each claim of a file, with the element sets in it and those of ``elements``?

    Never raises for a claim that cannot be judged: it is ``undetermined``, and says what is missing. Raises
    :class:`InputError` where a claim's satellite goes by a name that several objects of ``elements`` have.
    """
    known = _Known(elements, [one for claim in file.claims for one in claim.elements])
    wanted = [_identified(claim, known.shared) for claim in file.claims]
    anchors = _anchors(wanted, known, eop)
    candidates: dict[str, tuple[Candidate, ...]] = {}
    verdicts = []
    for claim in wanted:
        if not claim.subject.known and claim.place is not None and claim.shadow is None and known.shared:
            candidates[claim.id] = who_could(claim, known.shared, eop)
        verdicts.append(_verdict(claim, known, anchors, candidates.get(claim.id), eop))
    fits = _fits(verdicts, known, eop)
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

    def __init__(self, shared: Sequence[Elements], own: Sequence[Elements]) -> None:
        self.shared = {n: history_of(sets) for n, sets in _by_number(shared).items()}
        self._neighbours = {n: tuple(sets) for n, sets in _by_number(own).items()}
        self._made: dict[tuple[Elements, ...], History] = {}

    def of(self, claim: Claim) -> History | None:
        number = claim.subject.norad_id
        if number is None:
            return None
        for_all = self.shared[number].sets if number in self.shared else ()
        sets = (*for_all, *claim.elements) or self._neighbours.get(number, ())
        if sets and sets not in self._made:
            self._made[sets] = history_of(_by_number(sets)[number])
        return self._made.get(sets)


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


def _anchors(claims: Sequence[Claim], known: _Known, eop: EarthOrientation) -> dict[int, list[Anchor]]:
    """How late was each satellite, against its best set, by the observations in the file?"""
    found: dict[int, list[Anchor]] = {}
    for claim in claims:
        history = known.of(claim)
        if not claim.anchors or history is None or claim.place is None or claim.kind != "closest approach":
            continue
        try:
            track = best_track(history, claim.moment.middle)
        except DataError:
            continue
        start, stop = (claim.moment.middle + seconds(sign * _ANCHOR_REACH_S) for sign in (-1.0, 1.0))
        near = approaches(track.elements, claim.place, start, stop, eop)
        if near:
            best = min(near, key=lambda one: abs(float(elapsed_s(claim.moment.middle, one.time))))
            late_s = float(elapsed_s(best.time, claim.moment.middle))
            sigma_s = float(np.hypot(claim.moment.half_width_s / np.sqrt(3.0), _READ_BY_EYE_S))
            found.setdefault(history.sets[0].norad_id, []).append(
                Anchor(claim.moment.middle, late_s, sigma_s, claim.id)
            )
    return found


def _verdict(
    claim: Claim,
    known: _Known,
    anchors: Mapping[int, list[Anchor]],
    candidates: tuple[Candidate, ...] | None,
    eop: EarthOrientation,
) -> Verdict:
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
        return undetermined(claim, f"no element set of {named} is at hand: give a history by --elements FILE")
    try:
        at = claim.moment.middle
        mine = [a for a in anchors.get(history.sets[0].norad_id, []) if a.claim != claim.id]
        return _judged(claim, tuned(best_track(history, at), history, at, mine), eop)
    except DataError as error:
        return undetermined(claim, f"{error.what}. {error.fix}")


def _judged(claim: Claim, track: Track, eop: EarthOrientation) -> Verdict:
    if claim.kind in ("closest approach", "pass"):
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
        if row is None or verdict.verdict != "possible" or fit.norad_id != verdict.claim.subject.norad_id:
            continue
        within_s = float(np.ceil(max(abs(row.residual_s), abs(row.left_out_s)) + verdict.claim.moment.half_width_s))
        if len(fit.rows) >= _FEWEST_TOGETHER and fit.chance_sets_probability < _CHANCE and within_s <= CONSISTENT_S:
            said = f"with the others of this file on one orbit: {fit.says}"
            return replace(
                verdict,
                verdict="consistent",
                says=f"consistent to within {max(within_s, 1.0):.0f} s, with the others on one orbit",
                within_s=max(within_s, 1.0),
                because=(said, *verdict.because),
            )
    return verdict


def _fits(verdicts: Sequence[Verdict], known: _Known, eop: EarthOrientation) -> list[Fit]:
    """One joint fit a satellite of which at least three exact times are claimed."""
    numbers = dict.fromkeys(v.claim.subject.norad_id for v in verdicts)
    found = []
    for number in numbers:
        mine = [v.claim for v in verdicts if v.claim.subject.norad_id == number and v.verdict != "impossible"]
        histories = [history for claim in mine if (history := known.of(claim)) is not None]
        if number is not None and histories:
            fit = joint_fit(mine, max(histories, key=lambda one: len(one.sets)), eop)
            found += [fit] if fit is not None else []
    return found
