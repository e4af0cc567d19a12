"""Is the false alarm rate that a user sets the rate that comes? ``PYTHONPATH=. python benchmarks/quality/watching.py``

Made-up places of 0.41 km2 (tests/watch/places.py: seasons that move from year to year, haze, clouds that no mask finds,
edges that shift) are begun on three years and watched for three more. Alarms at several rates asked, per 1,000 km2 and
year; what is found of seeded changes of several sizes and contrasts, and after how many clear looks. Pairs of a radar
(speckle, rain, fields that move by themselves) over two years: alarms of all pairs, and what the first picture after a
seeded change tells of it. Then the real
patch of Sentinel-2 in Slovenia (``../shared/data``, skipped without): begun on its first 46 dates, watched on the rest;
nothing is known to have changed there, but nobody has looked. Writes benchmarks/results/quality-watching.json.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from swath.model import Grid
from swath.operate.detecting_pairs import judged
from swath.operate.pair_fields import PairOf, radar_pair
from swath.watch.change import begin_watch, look_on
from swath.watch.pair_watch import PairPast, PairPatch
from swath.watch.state import Found, Look, PlaceState, Wish, from_arrays, to_arrays
from tests.watch.places import DAY_0, place_looks, radar_looks

RESULT = Path(__file__).resolve().parents[1] / "results" / "quality-watching.json"
SLOVENIA = Path(__file__).resolve().parents[3] / "shared" / "data" / "imagery" / "sentinel2_slovenia"
RATES = (10000.0, 1000.0, 100.0)
SIDE, YEARS, BEGUN_DAYS = 64, 6.0, 1096
CLEARED = np.array([400.0, 700.0, -1200.0, 1100.0])
SIZES_PX, STRENGTHS = (1, 3, 7), (0.25, 0.5, 1.0)
RADAR_SIZES_PX = (4, 8, 14)
RADAR_CHANGES: dict[str, dict[str, Any]] = {"3 dB": {"db": 3.0}, "6 dB": {"db": -6.0}, "pattern": {"pattern": True}}


def watched(state: PlaceState, looks: list[Look]) -> list[tuple[Found, int]]:
    """Every change told over the looks: what was found, and which look of them it was."""
    told = []
    for number, look in enumerate(looks):
        state, found = look_on(state, look)
        if len(found.changes):
            told.append((found, number))
    return told


def seeded(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Nine changes in one place: three sizes by three strengths, in cells of a grid so that none touches another."""
    cells = rng.permutation(9)
    made = []
    for k, (size, strength) in enumerate((s, c) for s in SIZES_PX for c in STRENGTHS):
        row, column = divmod(int(cells[k]), 3)
        made.append(
            {"row": 8 + 20 * row, "column": 8 + 20 * column, "size_px": size, "strength": strength}
            | {"day": int(rng.integers(BEGUN_DAYS + 30, BEGUN_DAYS + 700)), "values": CLEARED * strength}
        )
    return made


def state_at(state: PlaceState, rate: float) -> PlaceState:
    """A copy of a state, at another rate."""
    arrays = {k: np.array(v) for k, v in to_arrays(state).items()}
    arrays["wish"][0] = rate
    for key in [k for k in arrays if k.endswith(".alerted")]:
        arrays[key][:] = False
    return from_arrays(arrays)


def place(seed: int, told: dict[str, Any]) -> None:
    """One place without and with seeded changes, at every rate."""
    grid, looks = place_looks(SIDE, YEARS, seed)
    inside, until = np.ones(grid.shape, np.bool_), DAY_0 + np.timedelta64(BEGUN_DAYS, "D")
    early, late = [x for x in looks if x.at < until], [x for x in looks if x.at >= until]
    state, _ = begin_watch(grid, inside, early, Wish(RATES[0]))
    changes = seeded(np.random.default_rng(seed))
    _, with_changes = place_looks(SIDE, YEARS, seed, changes=changes)
    later = [x for x in with_changes if x.at >= until]
    years = (late[-1].at - until) / np.timedelta64(1, "D") / 365.25
    told["km2_years"] += years * SIDE**2 * 1e-4
    for rate in RATES:
        told["alarms"][str(rate)] += sum(len(found.changes) for found, _ in watched(state_at(state, rate), late))
        found = watched(state_at(state, rate), later)
        for change in changes:
            box = np.zeros(grid.shape, np.bool_)
            grow = 2
            top, left, size = change["row"], change["column"], change["size_px"]
            box[top - grow : top + size + grow, left - grow : left + size + grow] = True
            begun = DAY_0 + np.timedelta64(change["day"], "D")
            hits = [
                n for f, n in found for k in range(len(f.changes))
                if f.changes.detected[k] >= begun and box.ravel()[f.pixels[k]].mean() > 0.3
            ]  # fmt: skip
            cell = told["seeded"].setdefault(
                f"{rate:g} {size} px {change['strength']}", {"of": 0, "found": 0, "lags": []}
            )
            cell["of"] += 1
            if hits:
                own = np.s_[top : top + size, left : left + size]
                clear = [x.at >= begun and (x.unseen[own] == 0).mean() > 0.5 for x in later[: hits[0] + 1]]
                cell["found"] += 1
                cell["lags"].append(int(sum(clear)))


def pair_told(
    before: Look, after: Look, grid: Grid, pasts: dict[float, dict[str, PairPast]]
) -> dict[float, list[PairPatch]]:
    """What a pair of radar pictures tells at each rate (a 1,000 km2 and year, thirty pairs of it)."""
    seen = np.ones(grid.shape, np.bool_)
    pair = radar_pair(PairOf(before, after, seen, seen, grid))
    assert pair is not None
    of_pair = {rate: rate / 1000.0 / 30.0 for rate in RATES}
    pixel_km2 = grid.pixel_area_km2
    return {
        rate: [p for _, p in judged(pair, pasts[rate], pixel_km2=pixel_km2, rate_per_km2_pair=of_pair[rate])]
        for rate in RATES
    }


def radar_place(seed: int, told: dict[str, Any]) -> None:
    """Two years of a radar's pairs without and with seeded changes, at every rate."""
    grid, looks = radar_looks(SIDE, 2.0, seed)
    told["km2_years"] += 2.0 * SIDE**2 * 1e-4
    pasts: dict[float, dict[str, PairPast]] = {rate: {} for rate in RATES}
    for before, after in pairwise(looks):
        for rate, patches in pair_told(before, after, grid, pasts).items():
            told["alarms"][str(rate)] += len(patches)
    for size in RADAR_SIZES_PX:
        for name, what in RADAR_CHANGES.items():
            change = {"row": 20, "column": 24, "size_px": size, "day": 600, **what}
            _, later = radar_looks(SIDE, 2.0, seed, changes=[change])
            first = next(k for k, one in enumerate(later) if not np.array_equal(one.values, looks[k].values))
            box = np.zeros(grid.shape, np.bool_)
            box[18 : 22 + size, 22 : 26 + size] = True
            copies = {rate: dict(past) for rate, past in pasts.items()}
            for rate, patches in pair_told(looks[first - 1], later[first], grid, copies).items():
                cell = told["seeded"].setdefault(f"{rate:g} {size} px {name}", {"of": 0, "found": 0})
                cell["of"] += 1
                cell["found"] += any(box.ravel()[patch.pixels].mean() > 0.5 for patch in patches)


def slovenia() -> dict[str, Any]:
    """Alarms a km2 and year on the real patch, at every rate."""
    ndvi, valid = np.load(SLOVENIA / "NDVI.npy"), np.load(SLOVENIA / "IS_VALID.npy").astype(bool)
    stamps = json.loads((SLOVENIA / "timestamps.json").read_text())
    values = ndvi.reshape(ndvi.shape[:3]) * 1e4
    shape = values.shape[1:]
    grid = Grid(32633, 465181.0, 5080254.0, 10.0, shape[1], shape[0])
    looks = [
        Look(f"slovenia-{k}", np.datetime64(str(t)[:19], "ns"), "optical", ("ndvi",), values[k][None],
             np.where(valid[k].reshape(shape), 0, 1).astype(np.uint8), 0.0)
        for k, t in enumerate(stamps)
    ]  # fmt: skip
    looks.sort(key=lambda x: x.at)
    state, _ = begin_watch(grid, np.ones(shape, np.bool_), looks[:46], Wish(RATES[0]))
    if not state.series:
        return {"begun": False, "because": str(dict(state.few))}
    years = float((looks[-1].at - looks[46].at) / np.timedelta64(1, "D") / 365.25)
    alarms = {str(rate): sum(len(f.changes) for f, _ in watched(state_at(state, rate), looks[46:])) for rate in RATES}
    return {"begun": True, "km2_years": years * grid.width * grid.height * 1e-4, "alarms": alarms}


def main() -> None:
    """All places; prints a line each and writes the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=12)
    count = parser.parse_args().places
    told: dict[str, Any] = {
        "places": count,
        "km2_years": 0.0,
        "alarms": dict.fromkeys(map(str, RATES), 0),
        "seeded": {},
    }
    for seed in range(500, 500 + count):
        place(seed, told)
        print(seed, round(told["km2_years"], 2), told["alarms"], flush=True)
    for rate in RATES:
        got = told["alarms"][str(rate)] / told["km2_years"] * 1000.0
        print(f"asked {rate:g}, got {got:.0f} a 1,000 km2 and year")
    for name, cell in told["seeded"].items():
        lag = f"{np.median(cell['lags']):.0f} clear looks" if cell["lags"] else "-"
        print(f"{name}: {cell['found']} of {cell['of']}, {lag}")
    radar: dict[str, Any] = {"km2_years": 0.0, "alarms": dict.fromkeys(map(str, RATES), 0), "seeded": {}}
    for seed in range(500, 500 + count):
        radar_place(seed, radar)
        print(seed, "radar", round(radar["km2_years"], 2), radar["alarms"], flush=True)
    told["radar_pairs"] = radar
    for name, cell in radar["seeded"].items():
        print(f"radar {name}: {cell['found']} of {cell['of']}")
    if SLOVENIA.is_dir():
        told["slovenia"] = slovenia()
        print("Slovenia", told["slovenia"])
    RESULT.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
