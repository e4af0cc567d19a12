"""How often is a verdict on a claim wrong? ``python benchmarks/quality/claims.py ORBITS [--claims 1000] [--seed 1]``

ORBITS is a folder with ``eo_satellites.tle`` (element sets of Earth-observation satellites) and
``tle_error_growth.csv`` (by how much such sets are off after 1, 3, 7 and 14 days: median and 90 %). Half of the claims
are true: the satellite is early or late by an error drawn from that table at a random age (a lognormal through median
and 90 %), and the stated time is that of its true closest approach to a random place on land, by daylight, within 30
degrees off-nadir, told to the second, to the minute or within five minutes. The other half are made false: another
day, a place 300 km away, the other side of the Earth, a pass by night. Counted are: true claims called impossible,
false ones called consistent to within 10 s, true closest approaches inside the 90 % interval, and what became of each
kind. It measures errors, not time.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from swath.claim.check import check_claims
from swath.claim.looks import Approach, approaches
from swath.claim.records import Claim, ClaimFile, Moment, Verdict
from swath.claim.subjects import known_subject, picture_kind
from swath.errors import DataError
from swath.frames import EarthOrientation
from swath.model import Elements, Place
from swath.orbit.sun import sun_angles_deg
from swath.sources.elements import read_elements
from swath.sources.eop import packaged_eop
from swath.time import elapsed_s, seconds

FALSE = ("another day", "300 km off", "other side", "night")
AGES_DAYS = (0.1, 14.0)
QUANTILE_90 = 1.2816
EARTH_M = 6371008.8
WIDEST_DEG = 30.0


@dataclass(frozen=True)
class Made:
    """A synthetic claim, and what is true of it."""

    claim: Claim
    kind: str
    truth: np.datetime64 | None
    """of a true claim: when the satellite was closest"""
    age_days: float


def growth_of(folder: Path) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Ages, medians and 90 % of each satellite of the table."""
    rows: dict[int, list[tuple[float, float, float]]] = {}
    with (folder / "tle_error_growth.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            told = (float(row["age_days"]), float(row["along_track_s_median"]), float(row["along_track_s_p90"]))
            rows.setdefault(int(row["norad"]), []).append(told)
    return {n: tuple(np.array(column) for column in zip(*sorted(table), strict=True)) for n, table in rows.items()}


def late_of(table: tuple[np.ndarray, np.ndarray, np.ndarray], age_days: float, random: np.random.Generator) -> float:
    """How late a set of that age is: a lognormal through median and 90 %, of either sign.

    Younger than the table's first age the error falls with the age, to 0.3 of it: what a set has at once.
    """
    ages, medians, nineties = table
    young = max(min(age_days / float(ages[0]), 1.0), 0.3)
    at = np.log(np.clip(age_days, ages[0], ages[-1]))
    middle = np.interp(at, np.log(ages), np.log(np.maximum(medians, 0.01)))
    high = np.interp(at, np.log(ages), np.log(np.maximum(nineties, 0.02)))
    size = np.exp(random.normal(middle, max(high - middle, 0.1) / QUANTILE_90))
    return float(young * size * random.choice([-1.0, 1.0]))


def on_land(random: np.random.Generator, land: np.ndarray) -> tuple[float, float]:
    """A random place on land between 60 S and 70 N, even in area."""
    while True:
        lon, lat = random.uniform(-180.0, 180.0), np.degrees(np.arcsin(random.uniform(-0.866, 0.94)))
        row, column = int((90.0 - lat) / 180.0 * land.shape[0]), int((lon + 180.0) / 360.0 * land.shape[1])
        if land[min(row, land.shape[0] - 1), min(column, land.shape[1] - 1)] > 0.5:
            return float(lon), float(lat)


def true_claims(
    folder: Path, count: int, random: np.random.Generator, eop: EarthOrientation, land: np.ndarray
) -> Iterator[Made]:
    """Claims of passes that were."""
    tables = growth_of(folder)
    sets = [one for one in read_elements(folder / "eo_satellites.tle").elements if one.norad_id in tables]
    made = 0
    while made < count:
        one = sets[int(random.integers(len(sets)))]
        age_days = float(np.exp(random.uniform(*np.log(AGES_DAYS))))
        lon, lat = on_land(random, land)
        place = Place.point("somewhere", lon_deg=lon, lat_deg=lat)
        at = one.epoch + seconds(age_days * 86400.0)
        if (foretold := look(one, place, at, 0.0, eop, night=False)) is None:
            continue
        age_days = float(elapsed_s(one.epoch, foretold.time)) / 86400.0
        near = look(one, place, at, late_of(tables[one.norad_id], age_days, random), eop, night=False)
        if near is None:
            continue
        made += 1
        yield Made(claim_of(made, one, place, stated(near.time, random)), "true", near.time, age_days)


def look(
    one: Elements, place: Place, at: np.datetime64, late_s: float, eop: EarthOrientation, *, night: bool
) -> Approach | None:
    """The first pass within three days that its camera could use, by day or by night."""
    subject, _ = known_subject("", one.norad_id)
    limit_deg = min(subject.max_off_nadir_deg or WIDEST_DEG, WIDEST_DEG)
    for near in approaches(one, place, at, at + seconds(3 * 86400.0), eop, late_s=late_s):
        high, _ = sun_angles_deg(place.lon_deg, place.lat_deg, np.array([near.time]), eop)
        lit = float(high[0]) < -12.0 if night else float(high[0]) > 10.0
        if near.off_nadir_deg <= limit_deg and lit:
            return near
    return None


def stated(at: np.datetime64, random: np.random.Generator) -> Moment:
    """As people state a time: to the second (a second wrong), to the minute, or about."""
    how = random.uniform()
    if how < 0.5:
        told = np.datetime64(at + seconds(float(random.normal())), "s").astype("datetime64[ns]")
        return Moment(told, told, str(told))
    if how < 0.8:
        minute = at.astype("datetime64[m]").astype("datetime64[ns]")
        return Moment(minute, minute + seconds(59.0), str(minute))
    middle = at + seconds(float(random.uniform(-240.0, 240.0)))
    return Moment(middle - seconds(300.0), middle + seconds(300.0), "about then")


def claim_of(number: int, one: Elements, place: Place, moment: Moment) -> Claim:
    """With what the catalogue knows of the satellite."""
    subject, entry = known_subject("", one.norad_id)
    return Claim(f"c{number}", picture_kind(entry), moment, subject, place, elements=(one,))


def falsified(made: Made, kind: str, random: np.random.Generator, eop: EarthOrientation) -> Made | None:
    """The same claim made false; ``None`` where that cannot be (no night, no day on which it would be false)."""
    claim, moment = made.claim, made.claim.moment
    place = claim.place
    assert place is not None
    if kind == "another day":
        by_s = float(random.choice([-3, -2, -1, 1, 2, 3])) * 86400.0
        moved = replace(moment, earliest=moment.earliest + seconds(by_s), latest=moment.latest + seconds(by_s))
        return Made(replace(claim, moment=moved), kind, None, made.age_days)
    if kind == "300 km off":
        return Made(
            replace(claim, place=beside(place, 300e3, float(random.uniform(0.0, 360.0)))), kind, None, made.age_days
        )
    if kind == "other side":
        lon = place.lon_deg + 180.0 if place.lon_deg < 0.0 else place.lon_deg - 180.0
        far = Place.point("elsewhere", lon_deg=lon, lat_deg=-place.lat_deg)
        return Made(replace(claim, place=far), kind, None, made.age_days)
    if claim.kind not in ("optical", "picture"):
        return None
    near = look(claim.elements[0], place, moment.middle, 0.0, eop, night=True)
    if near is None:
        return None
    return Made(replace(claim, moment=stated(near.time, random)), kind, None, made.age_days)


def beside(place: Place, distance_m: float, bearing_deg: float) -> Place:
    """A place so far away on a sphere."""
    arc, bearing = distance_m / EARTH_M, np.radians(bearing_deg)
    lat, lon = np.radians(place.lat_deg), np.radians(place.lon_deg)
    north = np.arcsin(np.sin(lat) * np.cos(arc) + np.cos(lat) * np.sin(arc) * np.cos(bearing))
    east = lon + np.arctan2(np.sin(bearing) * np.sin(arc) * np.cos(lat), np.cos(arc) - np.sin(lat) * np.sin(north))
    lon_deg = float((np.degrees(east) + 180.0) % 360.0 - 180.0)
    return Place.point("beside", lon_deg=lon_deg, lat_deg=float(np.degrees(north)))


def made_claims(folder: Path, count: int, seed: int, eop: EarthOrientation, land: np.ndarray) -> list[Made]:
    """So many claims, half true."""
    random = np.random.default_rng(seed)
    truths = list(true_claims(folder, count // 2, random, eop, land))
    wrong: list[Made] = []
    sources = true_claims(folder, 10**9, random, eop, land)
    while len(wrong) < count - len(truths):
        one = falsified(next(sources), FALSE[len(wrong) % len(FALSE)], random, eop)
        wrong += [one] if one is not None else []
    return [replace(m, claim=replace(m.claim, id=f"c{n}")) for n, m in enumerate([*truths, *wrong])]


def judged(made: Sequence[Made], eop: EarthOrientation) -> list[Verdict]:
    """Each claim by itself, as if nobody had claimed anything else."""
    found = []
    for one in made:
        (verdict,) = check_claims(ClaimFile("one", (one.claim,)), (), eop).verdicts
        found.append(verdict)
    return found


def counted(made: Sequence[Made], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The three numbers that are asked for, and a table of what became of each kind."""
    table = Counter((m.kind, v.verdict) for m, v in zip(made, verdicts, strict=True))
    close = [v.verdict == "consistent" and (v.within_s or 99.0) <= 10.0 for v in verdicts]
    inside = [
        abs(float(elapsed_s(m.truth, v.closest))) <= (v.closest_90_s or 0.0)
        for m, v in zip(made, verdicts, strict=True)
        if m.truth is not None and v.closest is not None
    ]
    false = sum(m.truth is None for m in made)
    return {
        "claims": len(made),
        "true": len(made) - false,
        "false_impossible": table["true", "impossible"],
        "true_inconsistent": table["true", "inconsistent"],
        "false_consistent": sum(c for c, m in zip(close, made, strict=True) if m.truth is None),
        "false": false,
        "coverage_90": float(np.mean(inside)),
        "false_not_refuted": {k: table[k, "possible"] + table[k, "consistent"] for k in FALSE},
        "table": {kind: {w: n for (k, w), n in sorted(table.items()) if k == kind} for kind in ("true", *FALSE)},
    }


def main() -> None:
    """Make the claims, judge them, print and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("orbits", type=Path)
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    from swath.sources.land import land_share

    eop = packaged_eop()
    try:
        made = made_claims(given.orbits, given.claims, given.seed, eop, land_share())
    except DataError as error:
        raise SystemExit(f"no claims can be made: {error}") from error
    result = {"seed": given.seed, **counted(made, judged(made, eop))}
    text = json.dumps(result, indent=2)
    print(text)
    if given.out is not None:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
