"""Is it fair? What is told of owners' shares, and what of their imaging is beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from swath.model import Share
from swath.plan.judge.case import Case, Violation
from swath.plan.problem import Owner

__all__ = ["beyond", "judge_shares"]

_SECOND = 0.1
_SOME = 0.01
"""of a picture may be beyond a share or not without being told so"""


def beyond(case: Case, alone: Mapping[str, float]) -> dict[str, float]:
    """By planned request of an owner with too much: what part of its imaging counts less.

    ``alone`` says what each picture would be worth by itself: of an owner's seconds those worth least are beyond.
    """
    held, total_s = set(case.problem.frozen.request.tolist()), _image_s(list(case.looks))
    found: dict[str, float] = {}
    for owner in case.problem.owners:
        length_s: dict[str, float] = {}
        for row in _of(case, owner.id):
            length_s[str(row["request"])] = length_s.get(str(row["request"]), 0.0) + _image_s([row])
        full_s = owner.fair_share * total_s - sum(s for id, s in length_s.items() if id in held)
        # the most valuable seconds first, until the share is full
        for id in sorted(length_s.keys() - held, key=lambda id: -alone[id] / max(length_s[id], 1e-9)):
            within_s = min(max(full_s, 0.0), length_s[id])
            full_s -= length_s[id]
            if owner.fair_share < 1.0 and length_s[id] - within_s > 1e-6:
                found[id] = 1.0 - within_s / length_s[id]
    return found


def judge_shares(case: Case, part: Mapping[str, float]) -> Iterator[Violation]:
    """What is told of each owner; ``part``: what of each picture is beyond its owner's share."""
    owners, shares = case.problem.owners, case.plan.shares
    if shares and sorted(share.owner for share in shares) != sorted(owner.id for owner in owners):
        yield Violation("share", "plan", "what owners have is not told of each owner, once")
        return
    by_id = {share.owner: share for share in shares}
    for owner in owners if shares else ():
        for words in _mistold(case, owner, by_id[owner.id], part):
            yield Violation("share", owner.id, words)
    if shares:
        yield from _even(case, by_id)


def _image_s(rows: list[dict[str, Any]]) -> float:
    return float(sum((row["stop"] - row["start"]) / np.timedelta64(1, "ns") * 1e-9 for row in rows))


def _of(case: Case, owner: str) -> list[dict[str, Any]]:
    return [row for row in case.looks if case.requests[str(row["request"])].owner == owner]


def _mistold(case: Case, owner: Owner, share: Share, part: Mapping[str, float]) -> Iterator[str]:
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
    mine = {str(row["request"]) for row in theirs}
    for id in sorted(mine | set(share.left_over)):
        is_beyond = part.get(id, 0.0) if id in mine else 0.0
        if (id in share.left_over and is_beyond < 1e-6) or (id not in share.left_over and is_beyond > _SOME):
            yield f"{id} is told to {'' if id in share.left_over else 'not '}be left over, {is_beyond:.1%} of it is"
            return


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
