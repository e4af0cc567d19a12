"""From what flies to what is to fly: what each launch buys for each need, when, and after any loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from swath.access.stream import Executor
from swath.design.atlas import Atlas, Slot, atlas_of, fleet_looks, own_columns
from swath.design.coverage import Coverage, coverage_of
from swath.design.growth import Goal, Grown, grow
from swath.design.launch import Site
from swath.design.looks import Looks
from swath.design.regions import Region
from swath.design.repair import Repair, repaired
from swath.design.season import Campaign, season
from swath.design.sensors import Sensor
from swath.design.shapes import OrbitShape
from swath.design.worth import Terms, losses_days, spread_days, worth_of

__all__ = ["Expanded", "Expansion", "Need", "Stage", "Worth", "expanded"]


@dataclass(frozen=True)
class Need:
    """Something that pictures are wanted for."""

    name: str
    words: str
    goal: Goal
    sensor: Sensor
    cloud_fraction: tuple[float, ...]
    """share of days with cloud, one or twelve; none leaves the weather out"""


@dataclass(frozen=True, eq=False)
class Expansion:
    """What is asked."""

    title: str
    about: str
    known: tuple[str, ...]
    assumed: tuple[str, ...]
    region: Region
    shape: OrbitShape
    """of all satellites"""
    flying: Slot
    launches: int
    needs: tuple[Need, ...]
    """the first is what orbits are chosen for, weather left out"""
    stations: Region
    site: Site
    start: np.datetime64
    days: float
    first_launch: np.datetime64
    season_days: int
    spacing_days: float
    ascent_offset_s: float
    repair_days: float
    prices: tuple[float, float]
    """of a satellite and of a launch, in the user's own unit"""
    drag_m2_kg: float
    seed: int


@dataclass(frozen=True)
class Worth:
    """What a constellation is worth to a need: days of its goal."""

    days: float
    low_days: float
    high_days: float
    """nine in ten answers over other longitudes and skies"""
    worst_loss_days: float
    """after losing any one"""


@dataclass(frozen=True, eq=False)
class Stage:
    """The constellation after a launch."""

    slots: tuple[Slot, ...]
    worth: tuple[Worth, ...]
    """for each need"""


@dataclass(frozen=True, eq=False)
class Expanded:
    """All numbers of the report."""

    asked: Expansion
    atlases: tuple[Atlas, ...]
    """of each need"""
    steps: tuple[Grown, ...]
    """what each launch buys by each way to grow, for the first need"""
    stages: tuple[Stage, ...]
    """on the way that is taken: the aim"""
    before: tuple[Looks, Coverage]
    after: tuple[Looks, Coverage]
    """of the first need, weather left out"""
    campaign: Campaign
    repairs: tuple[Repair, ...]
    """of the last stage, for the first need"""


def expanded(
    asked: Expansion,
    *,
    executor: Executor | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Expanded:
    """What does each launch buy, when can it be, what if one fails or is lost, and what does it take to recover?

    Orbits are chosen by :func:`~swath.design.growth.grow` for the first need; the way taken is the aim: the best
    constellation of the last launch, in the order in which each launch buys most. Every need is then measured after
    every launch by each satellite's own motion, with intervals over longitudes and skies. Same seed, same answer.
    """
    progress("looks", 0.0)
    span = asked.start, asked.days
    atlases = tuple(atlas_of(asked.shape, need.sensor, asked.region, *span) for need in asked.needs)
    down = atlas_of(asked.shape, Sensor(90.0, None, 5.0), asked.stations, *span)
    goal = asked.needs[0].goal
    steps = grow(
        [atlases[0]], (asked.flying,), asked.launches, goal=goal, seed=asked.seed, executor=executor,
        progress=lambda what, share: progress(what, 0.05 + 0.5 * share),
    )  # fmt: skip
    chosen = tuple(range(len(asked.stations.lon_deg)))
    terms = [
        Terms((atlas,), need.goal, (down,), chosen, need.cloud_fraction)
        for atlas, need in zip(atlases, asked.needs, strict=True)
    ]
    held: list[dict[Slot, object]] = [{} for _ in terms]
    stages = []
    for number, step in enumerate(steps):
        progress(f"{step.satellites} satellites for each need", 0.55 + 0.2 * number / len(steps))
        slots = step.toward.slots
        stages.append(Stage(slots, tuple(_worth(*pair, slots) for pair in zip(terms, held, strict=True))))
    last = stages[-1].slots
    progress("launches", 0.75)
    campaign = season(
        [atlases[0]], last[:1], last[1:], asked.site, asked.first_launch, asked.season_days,
        spacing_days=asked.spacing_days, goal=goal, ascent_offset_min=asked.ascent_offset_s / 60.0,
    )  # fmt: skip
    progress("losses", 0.85)
    clear = replace(terms[0], cloud_fraction=())
    repairs = repaired(clear, last, days=asked.repair_days, seed=asked.seed)
    before, after = (_seen(atlases[0], slots) for slots in (last[:1], last))
    return Expanded(asked, atlases, tuple(steps), tuple(stages), before, after, campaign, tuple(repairs))


def _seen(atlas: Atlas, slots: tuple[Slot, ...]) -> tuple[Looks, Coverage]:
    looks = fleet_looks(atlas, [own_columns(atlas, slot) for slot in slots])
    return looks, coverage_of(looks)


def _worth(terms: Terms, held: dict[Slot, object], slots: tuple[Slot, ...]) -> Worth:
    days = worth_of(terms, slots, held=held)
    low, high = spread_days(terms, slots, days)
    return Worth(days, low, high, max(losses_days(terms, slots, held)))
