"""Did a satellite raise its orbit when it is said to have? What its element sets can tell, and how sharply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from swath.claim.judge import undetermined
from swath.claim.motion import History
from swath.claim.records import Claim, Test, Verdict
from swath.model import Elements
from swath.orbit.maneuver import Maneuvers, between
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["judge_raise"]

_MU_M3_S2 = 3.986008e14
_SAME_M = 2e3
"""perigees are published to a kilometre, and the mean orbit's swings by as much with the Moon and the odd zonals"""
_DENSE_DAYS = 3.0


def judge_raise(claim: Claim, history: History | None) -> Verdict:
    """What does the history of element sets say to a claimed change of orbit?

    Sets on either side of the stated span, the manoeuvres found between them, and perigees before and after. A history
    that is sparse shows the net change, not how many burns there were.
    """
    if history is None or len(history.sets) < 2:
        why = "a change of orbit shows between element sets: give a history by --elements FILE"
        return undetermined(claim, why)
    start, stop = claim.moment.earliest, claim.moment.latest
    before = [one for one in history.sets if one.epoch <= start]
    after = [one for one in history.sets if one.epoch >= stop]
    if not before or not after:
        return undetermined(claim, "the history does not reach from before the stated time to after it")
    one, two = before[-1], after[0]
    found = between(history.maneuvers, one.epoch, two.epoch)
    raised = found.take(found.raised_m > 0.0)
    low, high = (_perigee_m(e) for e in (one, two))
    apart = float(elapsed_s(one.epoch, two.epoch)) / 86400.0
    said = (
        f"sets of {format_utc(one.epoch)[:10]} and {format_utc(two.epoch)[:10]}: "
        f"perigee {low / 1e3:.1f} to {high / 1e3:.1f} km, "
        f"mean motion {one.mean_motion_rev_day:.5f} to {two.mean_motion_rev_day:.5f} rev/day"
    )
    numbers = {"perigee_before_m": round(low), "perigee_after_m": round(high), "apart_days": round(apart, 2)}
    test = Test("raise", "met" if len(raised) else "not met", said, numbers)
    blank = Verdict(
        claim.id,
        "possible",
        "possible",
        (said, *_lines(raised, claim)),
        claim,
        elements=two,
        tests=(test,),
        orbit_because=said,
    )
    return _worded(claim, blank, raised, (low, high), apart)


def _perigee_m(one: Elements) -> float:
    """As catalogues print it: Kepler's axis of the printed mean motion, less the equator's radius (WGS-72)."""
    rate_rad_s = one.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    return float(np.cbrt(_MU_M3_S2 / rate_rad_s**2) * (1.0 - one.eccentricity) - 6378135.0)


def _lines(raised: Maneuvers, claim: Claim) -> list[str]:
    lines = [
        f"raised by {row['raised_m'] / 1e3:.2f} km ({row['size_m_s']:.2f} +/- {row['size_90_m_s']:.2f} m/s) between "
        f"{format_utc(row['after'])} and {format_utc(row['before'])}"
        for row in raised.rows()
    ]
    days = sum(float(elapsed_s(a, b)) for a, b in zip(raised.after, raised.before, strict=True)) / 86400.0
    if len(raised) and days > _DENSE_DAYS:
        lines.append("the sets are too far apart to tell how many burns there were, and when")
    return lines


def _worded(claim: Claim, blank: Verdict, raised: Maneuvers, perigee_m: tuple[float, float], apart: float) -> Verdict:
    if not len(raised):
        dense = apart - 2.0 * claim.moment.half_width_s / 86400.0 <= _DENSE_DAYS
        if dense:
            return replace(blank, verdict="inconsistent", says="inconsistent as stated: the orbit was not raised then")
        return replace(blank, verdict="undetermined", says="undetermined: no raise shows, the sets are far apart")
    inside = (raised.before > claim.moment.earliest - seconds(86400.0)) & (
        raised.after < claim.moment.latest + seconds(86400.0)
    )
    if not bool(np.any(inside)):
        times = ", ".join(format_utc(at)[:10] for at in raised.after)
        return replace(blank, verdict="inconsistent", says=f"inconsistent as stated; raised after {times}")
    if claim.heights_m is not None:
        off_m = max(abs(stated - found) for stated, found in zip(claim.heights_m, perigee_m, strict=True))
        if off_m <= _SAME_M:
            return replace(
                blank, verdict="consistent", says=f"consistent to within {max(off_m / 1e3, 0.1):.1f} km of perigee"
            )
        return replace(
            blank, verdict="inconsistent", says=f"inconsistent as stated: perigees are {off_m / 1e3:.0f} km off"
        )
    return blank
