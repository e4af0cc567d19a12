"""Verdicts on claims as JSON and as text for a terminal of 80 columns."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import numpy as np

from swath.claim.check import Dossier
from swath.claim.fit import Fit
from swath.claim.published import Published
from swath.claim.records import Moment, Reading, Verdict
from swath.claim.who import Candidate
from swath.time import format_utc

__all__ = ["LIMITS", "candidate_lines", "candidate_row", "claims_json", "claims_lines", "verdict_row"]

LIMITS = (
    "That a satellite passed does not show that a picture was taken, and that none did on the orbits at hand does not "
    'show what else was in the sky: a verdict is never "true".',
    "Whoever knows the orbit can compute such times; a time that fits is no proof of a camera.",
    "Off-nadir limits that nobody published are assumed at 45 deg, and marked so.",
    "Element sets are what was published, their doubt what such sets of other satellites showed; a "
    "manoeuvre after the last set is in no bound.",
)
_WIDTH = 80


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """One verdict as plain values, ready for JSON: unknown is null."""
    claim = verdict.claim
    place = claim.place
    return {
        "id": verdict.id,
        "verdict": verdict.verdict,
        "says": verdict.says,
        "because": list(verdict.because),
        "kind": claim.kind,
        "satellite": claim.subject.name or None,
        "norad_id": claim.subject.norad_id,
        "place": None if place is None else {"name": place.id, "lon_deg": place.lon_deg, "lat_deg": place.lat_deg},
        "time": _span(claim.moment),
        **_geometry(verdict),
        **_orbit(verdict),
        "tests": [
            {"name": test.name, "outcome": test.outcome, "says": test.says, "numbers": dict(test.numbers)}
            for test in verdict.tests
        ],
        "readings": [_reading(one) for one in verdict.readings],
        "sources": [{"text": q.text, "date": q.date or None, "url": q.url or None} for q in claim.sources],
        "outcome": claim.outcome or None,
    }


def _geometry(verdict: Verdict) -> dict[str, Any]:
    wide, under = verdict.off_nadir_90_deg, verdict.under
    return {
        "off_nadir_deg": _round(verdict.off_nadir_deg, 3),
        "off_nadir_90_deg": None if wide is None else [_round(angle, 2) for angle in wide],
        "miss_s": _round(verdict.miss_s, 3),
        "sigma_s": _round(verdict.sigma_s, 3),
        "within_s": verdict.within_s,
        "closest": None if verdict.closest is None else format_utc(verdict.closest, decimals=3),
        "closest_90_s": _round(verdict.closest_90_s, 3),
        "closest_off_nadir_deg": _round(verdict.closest_off_nadir_deg, 3),
        "max_elevation_deg": _round(verdict.max_elevation_deg, 3),
        "sun_elevation_deg": _round(verdict.sun_elevation_deg, 3),
        "sub_satellite": None
        if under is None
        else {"lon_deg": round(under[0], 5), "lat_deg": round(under[1], 5), "altitude_m": round(under[2], 1)},
    }


def _orbit(verdict: Verdict) -> dict[str, Any]:
    one = verdict.elements
    if one is None:
        return {"elements": None, "orbit": verdict.orbit_because or None}
    if isinstance(one, Published):
        return {"elements": {"epoch": None, "age_days": None, "source": one.source}, "orbit": verdict.orbit_because}
    return {
        "elements": {
            "epoch": format_utc(one.epoch, decimals=3),
            "age_days": _round(verdict.age_days, 4),
            "source": one.source,
        },
        "orbit": verdict.orbit_because,
    }


def _reading(one: Reading) -> dict[str, Any]:
    return {
        "name": one.name,
        "from": format_utc(one.earliest),
        "to": format_utc(one.latest),
        "fits": round(one.fits_probability, 3),
        "off_nadir_deg": _round(one.off_nadir_deg, 2),
        "says": one.says,
    }


def _span(moment: Moment) -> dict[str, Any]:
    return {
        "stated": moment.words,
        "zone": moment.zone,
        "from": format_utc(moment.earliest),
        "to": format_utc(moment.latest),
        "because": moment.because or None,
    }


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def claims_json(dossier: Dossier) -> str:
    """The whole answer as text of JSON."""
    answer = {
        "title": dossier.file.title,
        "verdicts": [verdict_row(verdict) for verdict in dossier.verdicts],
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "distance_m": round(pair.distance_m),
                "apart_s": pair.apart_s,
                "orbit_m_s": round(pair.orbit_m_s, 1),
                "fits": pair.fits,
                "says": pair.says,
            }
            for pair in dossier.pairs
        ],
        "fits": [_fit_row(fit) for fit in dossier.fits],
        "candidates": {id: [candidate_row(one) for one in found] for id, found in dossier.candidates.items()},
        "limits": list(LIMITS),
    }
    return json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fit_row(fit: Fit) -> dict[str, Any]:
    return {
        "satellite": fit.satellite,
        "norad_id": fit.norad_id,
        "says": fit.says,
        "plane": fit.plane_because,
        "start": format_utc(fit.start),
        "phase_s": _round(fit.phase_s, 2),
        "pace_s_per_day": _round(fit.pace_s_per_day, 3),
        "mean_motion_rev_day": _round(fit.mean_motion_rev_day, 6),
        "worst_s": _round(fit.worst_s, 2),
        "chance_of_a_time": fit.chance_times_probability,
        "chance_of_a_set": fit.chance_sets_probability,
        "draws": fit.draws,
        "rows": [
            {
                "claim": row.claim,
                "stated": format_utc(row.stated),
                "fitted": None if row.fitted is None else format_utc(row.fitted, decimals=3),
                "residual_s": _round(row.residual_s, 2),
                "left_out_s": _round(row.left_out_s, 2),
                "off_nadir_deg": _round(row.off_nadir_deg, 2),
            }
            for row in fit.rows
        ],
    }


def candidate_row(one: Candidate) -> dict[str, Any]:
    """A candidate as plain values."""
    return {
        "satellite": one.satellite,
        "norad_id": one.norad_id,
        "able": one.able,
        "probability": round(one.probability, 3),
        "kind": one.kind,
        "time": format_utc(one.best),
        "off_nadir_deg": _round(one.off_nadir_deg, 2),
        "limit_deg": _round(one.limit_deg, 2),
        "limit_known": one.limit_known,
        "elevation_deg": _round(one.elevation_deg, 2),
        "range_m": round(one.range_m),
        "gsd_m": _round(one.gsd_m, 3),
        "age_days": _round(one.age_days, 3),
        "along_track_90_s": _round(one.along_90_s, 3),
    }


def claims_lines(dossier: Dossier, *, full: bool = False) -> list[str]:
    """The answer for people, at most 80 columns wide: a line a claim, the reasons where it is no plain yes, the fit."""
    lines = textwrap.wrap(dossier.file.title, _WIDTH)
    lines.append(f"{'CLAIM':<15} {'STATED UTC':<19} {'VERDICT':<20} {'NADIR':>5} {'MISS s':>7} {'90 % s':>6}")
    before: list[str] = []
    for verdict in dossier.verdicts:
        lines.append(_line(verdict))
        if full or verdict.verdict not in ("consistent", "possible"):
            reasons = [verdict.says, *verdict.because] if verdict.says != verdict.verdict else list(verdict.because)
            told = [row for said in reasons[: 9 if full else 2] for row in _said(said)]
            lines += ["    (the same)"] if told == before else told
            before = told
        for one in dossier.candidates.get(verdict.id, ())[:5]:
            lines += _said(one.says)
    for pair in dossier.pairs:
        lines += _said(f"{pair.first}, {pair.second}: {pair.says}; {'fits' if pair.fits else 'does not fit'}", indent=0)
    for fit in dossier.fits:
        lines += ["", *_fit_lines(fit)]
    return [*lines, "", *textwrap.wrap(LIMITS[0], _WIDTH)]


def _line(verdict: Verdict) -> str:
    moment = verdict.claim.moment
    word = verdict.verdict if verdict.within_s is None else f"consistent to {verdict.within_s:.0f} s"
    if verdict.verdict == "inconsistent":
        word = "inconsistent*"
    angle = "-" if verdict.off_nadir_deg is None or verdict.off_nadir_deg >= 90.0 else f"{verdict.off_nadir_deg:.0f}"
    miss = "-" if verdict.miss_s is None else f"{verdict.miss_s:+.0f}" if abs(verdict.miss_s) < 1e5 else "-"
    doubt = (
        "-" if verdict.closest_90_s is None else f"{verdict.closest_90_s:.1f}" if verdict.closest_90_s < 1e3 else ">999"
    )
    stated = format_utc(moment.earliest)[:19].replace("T", " ")
    return f"{verdict.id[:15]:<15} {stated:<19} {word:<20} {angle:>5} {miss:>7} {doubt:>6}"


def _said(text: str, indent: int = 4) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def _fit_lines(fit: Fit) -> list[str]:
    head = f"{'JOINT FIT':<20} {'STATED UTC':<19} {'FITTED':<10} {'LEFT s':>7} {'LEFT OUT s':>10} {'NADIR':>5}"
    rows = [
        f"{row.claim[:20]:<20} {format_utc(row.stated)[:19].replace('T', ' ')} "
        f"{'-' if row.fitted is None else format_utc(row.fitted, decimals=3)[11:21]:<10} {row.residual_s:+7.1f} "
        f"{row.left_out_s:+10.1f} {'-' if row.off_nadir_deg is None else f'{row.off_nadir_deg:.0f}':>5}"
        for row in fit.rows
    ]
    free = f"Free: phase and mean motion ({fit.mean_motion_rev_day:.4f} rev/day)"
    said = f"{fit.satellite}: {fit.says}. {free}; {fit.plane_because}."
    return [head, *rows, *_said(said, indent=0)]


def candidate_lines(found: tuple[Candidate, ...]) -> list[str]:
    """Who could have, for people: the able first."""
    head = f"{'SATELLITE':<20} {'UTC':<19} {'NADIR':>6} {'LIMIT':>6} {'PIXEL m':>7} {'KIND':<8} {'COULD':<5}"
    if not found:
        return ["no satellite given stood above the horizon of the place then"]
    return [
        head,
        *(
            f"{one.satellite[:20]:<20} {format_utc(one.best)[:19].replace('T', ' ')} {one.off_nadir_deg:6.1f} "
            f"{one.limit_deg:5.0f}{' ' if one.limit_known else '?'} "
            f"{'-' if one.gsd_m is None else f'{one.gsd_m:.2f}':>7} "
            f"{one.kind:<8} {'yes' if one.able else 'no':<5}"
            for one in found
        ),
    ]
