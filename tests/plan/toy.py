"""Small random planning problems without orbits, and their exact optimum by trying everything."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise, permutations, product

import numpy as np

from swath.model import Acquisitions, Opportunities, Place, Request, Station, Windows
from swath.orbit.elements import parse_tle
from swath.plan.problem import Problem
from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite
from swath.spacecraft.agility import slew_angle_deg, slew_s
from tests.plan.fleet import ELEMENTS, START

HORIZON_S = 6000.0
IMAGING_S = ((100.0, 700.0), (3000.0, 3600.0))
SENDING_S = ((1200.0, 1500.0), (4200.0, 4500.0))

_ELEMENTS = parse_tle(ELEMENTS["SW-1"], source="").elements[0]
_OPTICS = Optics(1.0, 8e-6, 6000, ("red",), 12, 0.9, 90.0)


def toy(seed: int, *, requests: int = 5, slots: int = 3, scarce: bool = True) -> Problem:
    """A problem of one or two satellites; with ``scarce``, memory, battery, deadlines and the antenna often bind."""
    rng = np.random.default_rng(seed)
    craft = tuple(_craft(rng, number, scarce) for number in range(int(rng.integers(1, 3))))
    asked = tuple(_request(rng, number, scarce) for number in range(requests))
    rows = [row for request in asked for row in _looks(rng, request, craft, slots)]
    passes = [
        {
            "satellite": satellite.id,
            "subject": "S",
            "start": at(first + shift),
            "stop": at(last + shift),
        }
        for satellite in craft
        for first, last in SENDING_S
        for shift in (float(rng.integers(0, 400)) if scarce else 0.0,)
    ]
    dark = [
        {"satellite": satellite.id, "subject": "eclipse", "start": at(a), "stop": at(a + 1500.0)}
        for satellite in craft
        for a in (float(rng.uniform(0, 900)), float(rng.uniform(2800, 4000)))
    ]
    return Problem(
        satellites=craft,
        requests=asked,
        stations=(Station("S", 15.0, 78.0, 0.0, 5.0, 1e7 if scarce else 1e12, setup_s=30.0),),
        opportunities=Opportunities.from_rows(rows),
        passes=Windows.from_rows(passes),
        eclipses=Windows.from_rows(dark),
        start=START,
        stop=at(HORIZON_S),
    )


def seconds(duration_s: float) -> np.timedelta64:
    """As :func:`swath.time.seconds`, of one number: trying everything asks a million times."""
    return np.timedelta64(round(float(duration_s) * 1e9), "ns")


def at(after_s: float) -> np.datetime64:
    """So many seconds after the start, on a whole millisecond."""
    return START + seconds(round(after_s, 3))


def _craft(rng: np.random.Generator, number: int, scarce: bool) -> Satellite:
    initial_wh = float(rng.uniform(32.0, 45.0)) if scarce else 100.0
    return Satellite(
        f"T-{number}",
        _ELEMENTS,
        _OPTICS,
        Agility(float(rng.uniform(0.5, 3)), float(rng.uniform(0.1, 1)), float(rng.uniform(0, 10)), 40.0, 0.0, 0.0),
        Power(100.0, initial_wh, 20.0, 60.0, 30.0, 20.0, 400.0 if scarce else 10.0, 40.0),
        Memory(float(rng.uniform(1.5, 6.0)) * 1e9 if scarce else 1e15),
        Radio(1e7 if scarce else 1e12, 1, 100),
    )


def _request(rng: np.random.Generator, number: int, scarce: bool) -> Request:
    stop = at(HORIZON_S)
    due = at(float(rng.choice([1450.0, 3000.0, 4700.0, HORIZON_S]))) if scarce else stop
    place = Place.point(f"r{number}", lon_deg=10.0, lat_deg=50.0)
    value = float(np.round(rng.uniform(1, 10), 2))
    return Request(
        f"r{number}", place, "field", value, START, START, stop, due, -90.0, 60.0, 2000.0, rng.random() < 0.1
    )


def _looks(
    rng: np.random.Generator, request: Request, craft: tuple[Satellite, ...], slots: int
) -> list[dict[str, object]]:
    rows = []
    for slot in range(slots):
        satellite = craft[rng.integers(len(craft))]
        first, last = IMAGING_S[rng.integers(2)]
        begin = round(float(rng.uniform(first, first + 120.0 if rng.random() < 0.8 else last)), 3)
        length = round(float(rng.uniform(1.0, 20.0)), 3)
        rows.append(
            {
                "request": request.id,
                "satellite": satellite.id,
                "window": slot,
                "start": at(begin),
                "middle": at(begin + length / 2.0),
                "stop": at(begin + length),
                "roll_deg": float(rng.uniform(-30, 30)),
                "pitch_deg": float(rng.uniform(-30, 30)),
                "off_nadir_deg": 10.0,
                "sun_elevation_deg": 40.0,
                "gsd_m": 5.0,
                "p_clear": 1.0,
                "value": request.value * float(rng.uniform(0.5, 1.0)),
                "data_bit": float(rng.uniform(0.3, 2.0)) * 1e9,
            }
        )
    return rows


def optimum(problem: Problem) -> float:
    """Value of the best plan, by trying every choice of looks and of passes to send them in.

    Exact for these problems: no pass meets an imaging stretch, so a contact begins as early as pass and antenna allow,
    and lasts as long as its data needs, the pictures due first going first.
    """
    looks = list(problem.opportunities.rows())
    options = [[row for row in looks if row["request"] == request.id] for request in problem.requests]
    options.sort(key=lambda rows: -max((row["value"] for row in rows), default=0.0))
    left = np.cumsum([0.0, *(max((r["value"] for r in rows), default=0.0) for rows in options[::-1])])[::-1]
    best = 0.0

    def extend(number: int, taken: list[dict[str, object]], value: float) -> None:
        nonlocal best
        if value + left[number] <= best:
            return
        if number == len(options):
            best = value
            return
        for row in sorted(options[number], key=lambda r: -r["value"]):
            if _time_to_turn(problem, [*taken, row]) and _can_send(problem, [*taken, row]):
                extend(number + 1, [*taken, row], value + row["value"])
        extend(number + 1, taken, value)

    extend(0, [], 0.0)
    return best


def _time_to_turn(problem: Problem, taken: list[dict[str, object]]) -> bool:
    for satellite in problem.satellites:
        mine = sorted((r for r in taken if r["satellite"] == satellite.id), key=lambda r: r["start"])
        before = {"stop": problem.start, "roll_deg": 0.0, "pitch_deg": 0.0}
        for row in mine:
            if (row["start"] - before["stop"]) / np.timedelta64(1, "s") < _turn(satellite, before, row):
                return False
            before = row
    return True


def _turn(satellite: Satellite, a: dict[str, object], b: dict[str, object]) -> float:
    return _slew(satellite.agility, a["roll_deg"], a["pitch_deg"], b["roll_deg"], b["pitch_deg"])


@lru_cache(maxsize=10_000)
def _slew(agility: Agility, *angles_deg: float) -> float:
    return float(slew_s(agility, slew_angle_deg(*angles_deg)))


def _can_send(problem: Problem, taken: list[dict[str, object]]) -> bool:
    passes = list(problem.passes.rows())
    after = [
        [n for n, p in enumerate(passes) if p["satellite"] == row["satellite"] and p["start"] > row["stop"]]
        for row in taken
    ]
    return any(_schedule(problem, taken, passes, choice) for choice in product(*after))


def _schedule(problem: Problem, taken: list, passes: list, choice: tuple[int, ...]) -> bool:
    due = {request.id: min(request.deadline, problem.stop) for request in problem.requests}
    used = sorted(set(choice), key=lambda n: passes[n]["start"])
    for order in permutations(used) if len(used) <= 4 else [used]:
        free, ground, contacts, good = problem.start, {}, [], True
        for n in order:
            begin = max(passes[n]["start"], free + seconds(30.0), problem.start + seconds(30.0))
            now = begin
            for k in sorted((k for k, p in enumerate(choice) if p == n), key=lambda k: due[taken[k]["request"]]):
                now = now + seconds(taken[k]["data_bit"] / problem.stations[0].rate_bit_s)
                ground[k] = now
                good = good and now <= min(due[taken[k]["request"]], passes[n]["stop"])
            free = now
            contacts.append((passes[n]["satellite"], begin, now))
        if good and all(
            _memory(s, taken, ground) and _battery(problem, s, taken, contacts) for s in problem.satellites
        ):
            return True
    return False


def _memory(satellite: Satellite, taken: list, ground: dict[int, np.datetime64]) -> bool:
    mine = [k for k, row in enumerate(taken) if row["satellite"] == satellite.id]
    return all(
        sum(taken[j]["data_bit"] for j in mine if taken[j]["start"] <= taken[k]["start"] < ground[j])
        <= satellite.memory.capacity_bit
        for k in mine
    )


def _battery(problem: Problem, satellite: Satellite, taken: list, contacts: list) -> bool:
    """Second by second would do; event by event is exact."""
    power, loads = satellite.power, []
    items = [(r["start"], r["stop"], power.image_w, r) for r in taken if r["satellite"] == satellite.id]
    level = {"roll_deg": 0.0, "pitch_deg": 0.0}
    items += [(a, b, power.contact_w, level) for id, a, b in contacts if id == satellite.id]
    before = level
    for begin, end, load_w, pointing in sorted(items, key=lambda item: item[0]):
        loads += [(begin - seconds(_turn(satellite, before, pointing)), begin, power.slew_w), (begin, end, load_w)]
        before = pointing
    dark = [(r["start"], r["stop"]) for r in problem.eclipses.rows() if r["satellite"] == satellite.id]
    edges = sorted(
        {problem.start, problem.stop, *(t for a, b, _ in loads for t in (a, b)), *(t for d in dark for t in d)}
    )
    stored_wh = power.initial_wh
    for a, b in pairwise(edges):
        middle = a + (b - a) / 2
        watt = 0.0 if any(x < middle < y for x, y in dark) else power.charge_w
        watt -= power.idle_w + sum(load_w for x, y, load_w in loads if x < middle < y)
        stored_wh = min(power.battery_wh, stored_wh + watt * ((b - a) / np.timedelta64(1, "ns")) * 1e-9 / 3600.0)
        if stored_wh < power.min_wh - 1e-9:
            return False
    return True


def fixed_by(problem: Problem, rows: Opportunities, contact: str) -> Acquisitions:
    """Looks as pictures already commanded, without a planned way down."""
    return Acquisitions.from_rows(
        [{**row, "id": f"f-{row['request']}", "contact": contact, "on_ground": problem.stop} for row in rows.rows()]
    )
