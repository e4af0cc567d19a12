"""Is it fair? What is told of owners' shares, and whether what is left over stands in somebody's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from swath.model import Share
from swath.plan.judge.case import Case, Row, Violation, activities, told
from swath.plan.judge.craft import judge_battery, judge_camera, judge_memory, judge_order, judge_sun
from swath.plan.problem import Owner
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["judge_shares"]

_SECOND = 0.1
_SPARE_S, _SPARE_WH, _SPARE_K, _SPARE_DEG = 0.1, 0.5, 0.1, 0.1
"""a waiting request must fit by so much before its place is called taken: rules are not kept to the last digit"""


def judge_shares(case: Case) -> Iterator[Violation]:
    """What is told of each owner, and that nobody below a fair share waits for the place of what is left over."""
    owners, shares = case.problem.owners, case.plan.shares
    if shares and sorted(share.owner for share in shares) != sorted(owner.id for owner in owners):
        yield Violation("share", "plan", "what owners have is not told of each owner, once")
        return
    by_id = {share.owner: share for share in shares}
    for owner in owners if shares else ():
        for words in _mistold(case, owner, by_id[owner.id]):
            yield Violation("share", owner.id, words)
    if shares:
        yield from _even(case, by_id)
    yield from _places(case, by_id)


def _image_s(rows: list[dict[str, Any]]) -> float:
    return float(sum((row["stop"] - row["start"]) / np.timedelta64(1, "ns") * 1e-9 for row in rows))


def _of(case: Case, owner: str) -> list[dict[str, Any]]:
    return [row for row in case.looks if case.requests[str(row["request"])].owner == owner]


def _mistold(case: Case, owner: Owner, share: Share) -> Iterator[str]:
    """What is told of an owner and is not so."""
    theirs = _of(case, owner.id)
    image_s, total_s = _image_s(theirs), max(_image_s(list(case.looks)), 1e-9)
    if share.pictures != len(theirs) or abs(share.image_s - image_s) > _SECOND:
        words = f"is told to have {share.pictures} pictures of {share.image_s:.1f} s"
        yield f"{words}, it has {len(theirs)} of {image_s:.1f} s"
    if share.fair_share != owner.fair_share:
        yield f"its fair share is told as {share.fair_share:g}, not {owner.fair_share:g}"
    if abs(share.share - image_s / total_s) > 1e-3:
        yield f"is told to have {share.share:.1%} of the imaging, it has {image_s / total_s:.1%}"
    if share.image_s > share.asked_s + _SECOND:
        yield f"is told to have asked for {share.asked_s:.1f} s, it has {share.image_s:.1f} s"
    held = set(case.problem.frozen.request.tolist())
    rest = [row for row in theirs if row["request"] not in share.left_over]
    movable = [row for row in rest if row["request"] not in held and not case.requests[str(row["request"])].urgent]
    if owner.fair_share < 1.0 and movable and _image_s(rest) > owner.fair_share * total_s + _SECOND:
        words = f"has {_image_s(rest):.1f} s of imaging beside what is told to be left over"
        yield f"{words}, its fair share is {owner.fair_share * total_s:.1f} s"
    strange = sorted(set(share.left_over) - {str(row["request"]) for row in theirs})
    if strange:
        yield f"{strange[0]} is told to be left over, it is no picture of {owner.id}"


def _even(case: Case, shares: dict[str, Share]) -> Iterator[Violation]:
    """Is each owner's due an even division? By its level: nobody above it, below it only who asked for no more."""
    total_s = sum(_image_s(_of(case, id)) for id in shares)
    low, high = 0.0, max((share.asked_s / share.fair_share for share in shares.values()), default=0.0)
    for _ in range(100):
        level = 0.5 * (low + high)
        given_s = sum(min(share.asked_s, level * share.fair_share) for share in shares.values())
        low, high = (level, high) if given_s < total_s else (low, level)
    for share in shares.values():
        due_s = min(share.asked_s, high * share.fair_share)
        if abs(due_s - share.due_s) > _SECOND:
            yield Violation("share", share.owner, f"its due is told as {share.due_s:.1f} s, even were {due_s:.1f} s")


def _places(case: Case, shares: dict[str, Share]) -> Iterator[Violation]:
    """Could a waiting request of somebody below a fair share stand where a picture that is left over stands?"""
    planned = {str(row["request"]) for row in case.looks}
    bundled = {id for bundle in case.problem.bundles for id in bundle.requests}
    waiting = {id for id, r in case.requests.items() if r.looks == 1 and id not in planned and id not in bundled}
    offers = case.problem.opportunities
    offers = offers.take(np.isin(offers.request, sorted(waiting)) & (offers.value > 0.0))
    rows = {str(row["request"]): row for row in case.looks}
    for share in shares.values():
        for id in share.left_over:
            if id not in rows or case.requests[id].looks > 1:
                continue
            for other in offers.take(offers.satellite == rows[id]["satellite"]).rows():
                if case.requests[str(other["request"])].owner != share.owner and _could(case, shares, rows[id], other):
                    words = f"{other['request']} waits below its share and could have the place of {id}"
                    yield Violation("share", share.owner, f"{words} at {told(other['start'])}")
                    break


def _could(case: Case, shares: dict[str, Share], row: Row, other: Row) -> bool:
    """Would the plan keep all rules with another look in the place of a picture, and its owner a fair share?"""
    request, id = case.requests[str(other["request"])], str(row["satellite"])
    length, satellite = other["stop"] - other["start"], case.satellites[id]
    items = activities(case, id)
    at = next(n for n, item in enumerate(items) if item["id"] == row["id"])
    after_s, before_s = other["start"] - seconds(_SPARE_S), other["stop"] + seconds(_SPARE_S)
    contact = next(item for item in case.contacts if item["id"] == row["contact"])
    if (
        (at and items[at - 1]["stop"] > after_s)
        or (at + 1 < len(items) and items[at + 1]["start"] < before_s)
        or contact["start"] < before_s
        or not request.start <= other["start"] < other["stop"] <= request.stop
        or length > row["stop"] - row["start"]
        or other["data_bit"] > row["data_bit"]
        or row["on_ground"] > request.deadline
        or after_s - seconds(satellite.duty.warm_up_s) < case.problem.commandable_from(id)
        or request.apart
        or any(request.id in [name for name, _ in one.apart] for one in case.requests.values())
        or not _within(case, shares, str(request.owner), length / np.timedelta64(1, "ns") * 1e-9)
    ):
        return False
    placed = {**row, **{name: other[name] for name in other if name in row}, "id": "placed"}
    looks = tuple(placed if look["id"] == row["id"] else look for look in case.looks if look["satellite"] == id)
    contacts = tuple(item for item in case.contacts if item["satellite"] == id)
    alone = replace(case, satellites={id: _spared(satellite)}, looks=looks, contacts=contacts)
    rules = (judge_order, judge_sun, judge_memory, judge_camera, judge_battery)
    return not any(True for rule in rules for _ in rule(alone))


def _within(case: Case, shares: dict[str, Share], owner: str, more_s: float) -> bool:
    """Has an owner room for one more picture, by its quota and its fair share?"""
    if owner not in shares:
        return True
    share, asked = shares[owner], next(one for one in case.problem.owners if one.id == owner)
    room_s = min(asked.max_image_s, asked.fair_share * _image_s(list(case.looks)))
    return share.pictures < asked.max_pictures and share.image_s + more_s + _SECOND <= room_s


def _spared(satellite: Satellite) -> Satellite:
    """A satellite that can do a little less."""
    power, duty, thermal = satellite.power, satellite.duty, satellite.thermal
    agility, memory = satellite.agility, satellite.memory
    keep_deg = agility.sun_keep_out_deg
    return replace(
        satellite,
        agility=replace(
            agility,
            settling_s=agility.settling_s + _SPARE_S,
            sun_keep_out_deg=keep_deg + _SPARE_DEG if keep_deg > 0.0 else keep_deg,
        ),
        memory=replace(memory, capacity_bit=0.99 * memory.capacity_bit),
        power=replace(power, min_wh=power.min_wh + _SPARE_WH),
        duty=replace(duty, image_s=duty.image_s - _SPARE_S),
        thermal=replace(thermal, max_k=thermal.max_k - _SPARE_K),
    )
