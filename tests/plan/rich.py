"""Small random problems with stereo, bundles, quotas, shares and every limit; their exact optimum by trying all."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations, product
from math import exp

import numpy as np

from swath.plan.problem import Bundle, Groups, Owner, Problem
from swath.spacecraft.power import Duty, Thermal
from tests.plan.toy import _battery, _memory, _time_to_turn, at, toy

SETUP_S, TEARDOWN_S = 30.0, 40.0
Rows = list[dict[str, object]]


def rich(seed: int) -> Problem:
    """Four requests: one or two of a bundle, one in stereo, one that must keep away from another; all is scarce."""
    rng = np.random.default_rng(seed)
    bare = toy(seed, requests=4, slots=3)
    kinds = [
        {"halves_s": float(rng.choice([2000.0, np.inf])), "owner": "a"},
        {"owner": "a", "priority": int(rng.choice([2, 3])), "urgent": False},
        {"looks": 2, "convergence_deg": (0.0, 180.0), "owner": "b", "halves_s": float(rng.choice([3000.0, np.inf]))},
        {"apart": (("r1", float(rng.choice([5.0, 300.0]))),), "owner": "b"},
    ]
    requests = tuple(replace(r, **{"urgent": False, **kind}) for r, kind in zip(bare.requests, kinds, strict=True))
    looks = bare.opportunities
    weight = {"r1": 10.0 if requests[1].priority == 2 else 1.0}
    scale = np.array([weight.get(str(id), 1.0) for id in looks.request])
    clear = rng.uniform(0.5, 1.0, len(looks))
    looks = replace(looks, value=looks.value * scale * clear, p_clear=clear)
    craft = tuple(
        replace(
            s,
            duty=Duty(image_s=float(rng.uniform(15.0, 60.0)), window_s=2000.0, warm_up_s=20.0, warm_up_w=50.0),
            thermal=Thermal(290.0, 100.0, float(rng.uniform(100.0, 400.0)), 290.0 + float(rng.uniform(5.0, 25.0))),
        )
        for s in bare.satellites
    )
    gain = ((0.0, 0.0), (0.4, 0.7), (1.0, 1.0))
    shared = seed % 5 == 0  # the optimum of these takes ten times as long to find
    cells = ((0, 1), (1, 2)) if rng.random() < 0.5 else ((0,), (0,))
    count = 1 + max(c for some in cells for c in some)
    bundle = Bundle(
        "all", float(rng.uniform(5.0, 30.0)), ("r0", "r3"), cells, count, gain, most=int(rng.integers(0, 3))
    )
    return replace(
        bare,
        satellites=craft,
        requests=requests,
        opportunities=looks,
        stations=(replace(bare.stations[0], teardown_s=TEARDOWN_S, cost_per_min=float(rng.choice([0.0, 1.0]))),),
        groups=_groups(looks),
        bundles=(bundle,),
        owners=(
            Owner("a", max_pictures=int(rng.integers(1, 4)), fair_share=(0.4, 0.7)[seed // 5 % 2] if shared else 1.0),
            Owner(
                "b",
                max_image_s=float(rng.uniform(20, 60)),
                fair_share=(0.5, 0.2)[seed // 5 % 2] if shared else 1.0,
            ),
        ),
    )


def _groups(looks) -> Groups:
    rows = [row for row in looks.rows() if row["request"] == "r2"]
    return Groups.from_rows(
        [
            {
                "request": "r2",
                "satellite": a["satellite"],
                "first": a["start"],
                "second": b["start"],
                "third": np.datetime64("NaT", "ns"),
                "convergence_deg": 20.0,
            }
            for a, b in combinations(sorted(rows, key=lambda row: row["start"]), 2)
            if a["satellite"] == b["satellite"]
        ]
    )


def best_value(problem: Problem) -> float:
    """Value of the best plan, by trying every choice of pictures, and of passes in every order of their contacts.

    Contacts last as long as their pictures need, so it is no less than what a plan with longer ones can reach.
    """
    passes = list(problem.passes.rows())
    best = 0.0
    choices = [c for c in product(*(_options(problem, r.id) for r in problem.requests)) if any(c)]
    tops = ((_worth(problem, c, {}, fair=False), c) for c in choices)  # with shares no bound: they may spare a picture
    for top, choice in sorted(tops, key=lambda pair: -pair[0]):
        if top <= best:
            break
        taken = [row for rows in choice for row in rows]
        if not _allowed(problem, choice):
            continue
        if not (_time_to_turn(problem, taken) and all(_camera(s, taken) for s in problem.satellites)):
            continue
        after = [
            [n for n, p in enumerate(passes) if p["satellite"] == row["satellite"] and p["start"] > row["stop"]]
            for row in taken
        ]
        for sent in product(*after):
            if top <= best:
                break
            best = max(best, _sent(problem, choice, taken, passes, sent))
    return best


def _options(problem: Problem, id: str) -> list[Rows]:
    rows = [row for row in problem.opportunities.rows() if row["request"] == id]
    if next(r.looks for r in problem.requests if r.id == id) == 1:
        return [[], *([row] for row in rows)]
    pairs = [(g["satellite"], g["first"], g["second"]) for g in problem.groups.rows() if g["request"] == id]
    found = [[next(r for r in rows if r["satellite"] == s and r["start"] == t) for t in times] for s, *times in pairs]
    return [[], *found]


def _allowed(problem: Problem, choice: tuple[Rows, ...]) -> bool:
    of = {r.id: rows for r, rows in zip(problem.requests, choice, strict=True)}
    for owner in problem.owners:
        mine = [row for r in problem.requests if r.owner == owner.id for row in of[r.id]]
        if len(mine) > owner.max_pictures or sum(map(_length_s, mine)) > owner.max_image_s:
            return False
    for request in problem.requests:
        for other, apart_s in request.apart:
            for a, b in product(of[request.id], of[other]):
                if abs((a["start"] - b["start"]) / np.timedelta64(1, "ns")) * 1e-9 < apart_s:
                    return False
    return all(b.most == 0 or sum(bool(of[id]) for id in b.requests) <= b.most for b in problem.bundles)


def _length_s(row: dict[str, object]) -> float:
    return float((row["stop"] - row["start"]) / np.timedelta64(1, "ns")) * 1e-9


def _camera(satellite, taken: Rows) -> bool:
    """Duty in a fine sweep of windows that begin or end with a picture, warmth in small steps."""
    mine = sorted((row for row in taken if row["satellite"] == satellite.id), key=lambda r: r["start"])
    spans = [((r["start"] - at(0.0)) / np.timedelta64(1, "ns") * 1e-9, _length_s(r)) for r in mine]
    window_s, thermal = satellite.duty.window_s, satellite.thermal
    for since in (t for begin, length in spans for t in (begin, begin + length - window_s)):
        inside = sum(max(0.0, min(b + n, since + window_s) - max(b, since)) for b, n in spans)
        if inside > satellite.duty.image_s + 1e-6:
            return False
    warm_k, clock = thermal.rest_k, 0.0
    for begin, length in spans:
        warm_k = thermal.rest_k + (warm_k - thermal.rest_k) * exp(-(begin - clock) / thermal.settles_s)
        steps = 200
        for _ in range(steps):
            warm_k += (thermal.rest_k + thermal.rise_k - warm_k) * (1.0 - exp(-length / steps / thermal.settles_s))
        clock = begin + length
        if warm_k > thermal.max_k + 1e-6:
            return False
    first_s = min((begin for begin, _ in spans), default=np.inf)
    return first_s >= satellite.duty.warm_up_s


def _worth(problem: Problem, choice: tuple[Rows, ...], ground: dict[int, np.datetime64], *, fair: bool = True) -> float:
    shares: dict[str, float] = {}
    bundle, number = problem.bundles[0], 0
    for request, rows in zip(problem.requests, choice, strict=True):
        top = request.value * (10.0 if request.priority == 2 else 1.0)
        if not rows:
            continue
        mean = np.mean([row["value"] / top / row["p_clear"] for row in rows])
        share = float(mean * min(row["p_clear"] for row in rows))
        down = [ground[number + k] for k in range(len(rows)) if ground]
        number += len(rows)
        if down:
            share *= 0.5 ** ((max(down) - request.ordered) / np.timedelta64(1, "ns") * 1e-9 / request.halves_s)
        shares[request.id] = share
    if fair:
        shares = _fairly(problem, choice, shares)
    total = sum(_alone(problem, id, share) for id, share in shares.items() if id not in bundle.requests)
    missed = np.ones(bundle.count)
    for id, cells in zip(bundle.requests, bundle.cells, strict=True):
        missed[list(cells)] *= 1.0 - shares.get(id, 0.0)
    return total + bundle.value * float(np.interp(1.0 - missed.mean(), *np.array(bundle.gain).T))


def _alone(problem: Problem, id: str, share: float) -> float:
    """What a picture with such a share is worth if there is no other."""
    bundle = problem.bundles[0]
    if id in bundle.requests:
        cells = bundle.cells[bundle.requests.index(id)]
        return bundle.value * float(np.interp(share * len(set(cells)) / bundle.count, *np.array(bundle.gain).T))
    return next(r.value * (10.0 if r.priority == 2 else 1.0) for r in problem.requests if r.id == id) * share


def _fairly(problem: Problem, choice: tuple[Rows, ...], shares: dict[str, float]) -> dict[str, float]:
    """Of each owner's seconds beyond its fair share, those of least worth, a tenth."""
    length_s = {r.id: sum(map(_length_s, rows)) for r, rows in zip(problem.requests, choice, strict=True)}
    counted = dict(shares)
    for owner in problem.owners:
        mine = [r.id for r in problem.requests if r.owner == owner.id and r.id in shares]
        over_s = sum(length_s[id] for id in mine) - owner.fair_share * sum(length_s.values())
        for id in sorted(mine, key=lambda id: _alone(problem, id, shares[id]) / length_s[id]):
            beyond = min(max(over_s, 0.0) / length_s[id], 1.0)
            counted[id] = shares[id] * (1.0 - 0.9 * beyond)
            over_s -= length_s[id]
    return counted


def _sent(problem: Problem, choice: tuple[Rows, ...], taken: Rows, passes: Rows, sent: tuple[int, ...]) -> float:
    """The most that can be had with pictures sent in given passes, over the orders of contacts and of pictures."""
    station, due = problem.stations[0], {r.id: min(r.deadline, problem.stop) for r in problem.requests}
    best = 0.0
    for order in permutations(sorted(set(sent))):
        wanted = {row["request"] for row in taken}
        fades = any(np.isfinite(r.halves_s) for r in problem.requests if r.id in wanted)
        by_due = sorted(range(len(taken)), key=lambda k: due[taken[k]["request"]])
        for rank in permutations(range(len(taken))) if fades else [tuple(by_due)]:
            free_s, ground, contacts, cost, good = 0.0, {}, [], 0.0, True
            for n in order:
                rise_s = (passes[n]["start"] - problem.start) / np.timedelta64(1, "ns") * 1e-9
                now_s = begin_s = max(rise_s, free_s + SETUP_S)
                for k in sorted((k for k, p in enumerate(sent) if p == n), key=rank.index):
                    now_s += taken[k]["data_bit"] / station.rate_bit_s
                    ground[k] = at(now_s)
                    good = good and ground[k] <= min(due[taken[k]["request"]], passes[n]["stop"])
                free_s = now_s + TEARDOWN_S
                cost += station.cost_per_min * (now_s - begin_s) / 60.0
                contacts.append((passes[n]["satellite"], at(begin_s), at(now_s)))
            value = _worth(problem, choice, ground) - cost if good else 0.0
            if value > best and all(
                _memory(s, taken, ground) and _battery(problem, s, taken, contacts) for s in problem.satellites
            ):
                best = value
    return best
