"""What owners have of the fleet is told as it is, and nobody takes more than a fair share from those who wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.plan.explain import can_add
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.solve import solve
from swath.plan.verify import verify
from tests.plan.wide import wide


def test_shares_are_told_as_they_are_and_a_small_one_leaves_more_to_others() -> None:
    case = wide(3, points=30)
    greedy = tuple(
        replace(owner, max_pictures=10**9, max_image_s=np.inf, fair_share=1.0) for owner in case.problem.owners
    )
    open_to_all = replace(case.problem, owners=greedy)
    held = replace(open_to_all, owners=tuple(replace(o, fair_share=0.02) if o.id == "b" else o for o in greedy))
    before, after = (solve(problem, seed=1, made=problem.start, rounds=200) for problem in (open_to_all, held))
    owner = {request.id: request.owner for request in held.requests}
    for problem, plan in ((open_to_all, before), (held, after)):
        assert verify(problem, plan, case.ephemerides, case.eop) == ()
        length_s = (plan.acquisitions.stop - plan.acquisitions.start) / np.timedelta64(1, "s")
        assert [share.owner for share in plan.shares] == ["a", "b", "c"]
        for share in plan.shares:
            mine = np.array([owner[str(id)] == share.owner for id in plan.acquisitions.request])
            assert (share.pictures, share.image_s) == (mine.sum(), pytest.approx(length_s[mine].sum(), abs=0.01))
            assert share.image_s <= share.asked_s + 1e-6
        assert plan_from_json(plan_to_json(plan)).shares == plan.shares
    (share,) = (share for share in after.shares if share.owner == "b")
    (without,) = (share for share in before.shares if share.owner == "b")
    assert share.image_s <= without.image_s + 1e-6
    if share.share > share.fair_share:  # what was left over: no order of anybody else could have had it
        waiting = [r.request for r in after.refused if owner.get(r.request, "b") != "b"]
        assert not any(can_add(held, after, id) for id in waiting)
