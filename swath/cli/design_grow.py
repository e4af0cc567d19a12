"""``swath design grow``: what does each further launch buy?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from swath.cli.design_options import OrbitOptions, Sight, Where
from swath.cli.design_shape import parse_clock_h, shape_for
from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.design.atlas import Atlas, Slot
    from swath.design.growth import Grown
    from swath.design.regions import Region
    from swath.design.shapes import OrbitShape

__all__ = ["flying_slots", "grow", "one_region"]

Goal = Literal["response_p95", "response_mean", "gap_mean", "gap_p95", "gap_largest"]
_ALIKE_M, _ALIKE_DEG = 2e3, 0.1
"""two orbits so near each other are one shape"""


def grow(
    *,
    start: StartOption,
    launches: int = 3,
    shape: OrbitOptions | None = None,
    local_time: str = "22:30",
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    try_altitude_m: list[float] | None = None,
    days: float = 30.0,
    where: Where | None = None,
    sight: Sight | None = None,
    goal: Goal = "response_p95",
    price_satellite: float = 0.0,
    price_launch: float = 0.0,
    seed: int = 0,
    workers: int = 2,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """What does each further launch buy: the best next orbit, same plane or new, after any loss, and the best aim?

    Example: swath design grow --elements one.json --launches 3 --latitudes 36,44 --max-off-nadir-deg 30
    --min-sun-elevation-deg 10 --start 2027-01-01T00:00:00Z --out growth.html

    Without --elements the first satellite is launched too, into the orbit given (--repeat or --altitude-m).
    BUY is the best for each launch alone; AIM the way to the best constellation of the last; PLANE all in one plane;
    WALKER the best even pattern. A plane of its own must be 5 % better: it is never undone.

    Parameters
    ----------
    launches
        Of one satellite each.
    local_time
        Of the first satellite's ascending node, HH:MM, where none flies.
    try_altitude_m
        Other altitudes for the next ones (sun-synchronous, above what --above says). May be given several times.
    days
        Length of the span that is looked at.
    goal
        What is to be least: waiting time to the picture (response) or gap, mean, 95th percentile or largest.
    price_satellite
        Of one, in your own unit.
    price_launch
        Of one, in your own unit.
    seed
        Of the search: the same gives the same.
    workers
        Processes.
    out
        Write to this file instead: .json or .csv, .html (a report), .png.
    """
    from swath.cli.design_fleet import regions_for, sensor_for
    from swath.cli.orbits import check_form
    from swath.cli.progress import progress_bar
    from swath.operate.design_search import grown
    from swath.time import parse_utc

    check_form(out, (".png",))
    first, asked = parse_utc(start, where="--start"), shape or OrbitOptions()
    region = one_region(regions_for(where or Where()))
    shapes, flying = flying_slots(elements, satellite or [], asked, first, local_time)
    shapes += _others(try_altitude_m or [], asked)
    sensors = sensor_for([_set(one) for one in shapes], sight or Sight())
    with progress_bar("growth") as progress:
        atlases, steps = grown(
            shapes, sensors, region, first, days, flying, launches, goal=goal, seed=seed, workers=workers,
            progress=progress,
        )  # fmt: skip
    terms = {"goal": goal, "seed": seed, "days": days, "price_satellite": price_satellite, "price_launch": price_launch}
    _give(atlases, steps, {**terms, "flying": len(flying), "bought": elements is None}, out, json)
    return 0


def _set(shape: OrbitShape) -> Any:
    from swath.design.shapes import elements_of

    return elements_of(shape)


def one_region(regions: list[Region]) -> Region:
    """All places as one."""
    from swath.design.regions import joined

    return regions[0] if len(regions) == 1 else joined("all places", regions)


def flying_slots(
    elements: str | None, names: list[str], asked: OrbitOptions, at: np.datetime64, local_time: str
) -> tuple[list[OrbitShape], tuple[Slot, ...]]:
    """Shapes and slots of what flies, or of the first satellite to be launched."""
    from swath.cli.design_fleet import read_fleet
    from swath.design.atlas import Slot
    from swath.design.motion import carried
    from swath.design.planes import node_of_local_time_deg
    from swath.design.shapes import shape_of
    from swath.time import elapsed_s

    if elements is None:
        return [shape_for(asked)], (Slot(0, node_of_local_time_deg(parse_clock_h(local_time), at), 0.0),)
    shapes: list[OrbitShape] = []
    slots = []
    for one in read_fleet(elements, names):
        then, size = carried(one, float(elapsed_s(one.epoch, at))), shape_of(one)
        near = (n for n, known in enumerate(shapes) if _alike(known, size))
        number = next(near, len(shapes))
        if number == len(shapes):
            shapes.append(size)
        slots.append(Slot(number, then.raan_deg, (then.argument_of_perigee_deg + then.mean_anomaly_deg) % 360.0))
    return shapes, tuple(slots)


def _alike(one: OrbitShape, other: OrbitShape) -> bool:
    return (
        abs(one.sma_m - other.sma_m) < _ALIKE_M
        and abs(one.inclination_deg - other.inclination_deg) < _ALIKE_DEG
        and abs(one.eccentricity - other.eccentricity) < 1e-3
    )


def _others(altitudes_m: list[float], asked: OrbitOptions) -> list[OrbitShape]:
    from swath.design.altitudes import semi_major_axis_m
    from swath.design.shapes import sun_synchronous

    return [sun_synchronous(semi_major_axis_m(each, asked.above)) for each in altitudes_m]


def _give(atlases: list[Atlas], steps: list[Grown], terms: dict[str, Any], out: Path | None, as_json: bool) -> None:
    from json import dumps

    from swath.cli.design_grow_files import growth_answer, growth_file, growth_lines

    if not steps:
        raise InputError("nothing to grow", where="--launches", fix="Give 0 or more")
    answer = growth_answer(atlases, steps, terms)
    if out is not None:
        growth_file(out, answer, atlases, steps)
        print(f"{len(steps)} steps -> {out}", file=sys.stderr)
    if as_json:
        print(dumps(answer, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(growth_lines(answer)))
    for note in answer["warnings"] if not as_json else ():
        print(f"swath: {note}", file=sys.stderr)
