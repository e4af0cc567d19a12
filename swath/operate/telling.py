"""Gathers what a run did into the record that the report tells from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.fly.compress import Measured
from swath.fly.spacecraft import FlightLog
from swath.frames import geodetic_from_itrf
from swath.model import Request
from swath.operate.commanding import CommandDay
from swath.operate.downlink import Landed
from swath.operate.flown_day import flown_day, spread
from swath.operate.ground import Mapped
from swath.operate.planning import Planned
from swath.plan.earliest import earliest_delivery
from swath.report.flown import FlownDay
from swath.report.outcome import Check, Comparison, Input, Links, Ordered, Outcome, Tracks, Urgent
from swath.store.manifest import sha256, versions
from swath.store.mission import Mission, Operations
from swath.time import format_utc, seconds, time_grid

__all__ = ["Run", "outcome_of"]

_TRACK_STEP_S = 60.0
_SHOWN_PICTURES = 6
_CLEAR = 0.9


@dataclass(frozen=True)
class Run:
    """Everything that a run has made, before it is told."""

    mission: Mission
    planned: Planned
    commands: CommandDay
    flight: FlightLog
    before: Mapping[str, Mapped]
    """by urgent order: its place before the event"""
    land: tuple[npt.NDArray[np.float64], ...]
    folder: Path
    landed: Mapping[str, Landed] = field(default_factory=dict)
    """by acquisition; likewise ``mapped``"""
    mapped: Mapping[str, Mapped] = field(default_factory=dict)
    links: Links = field(default_factory=Links.empty)
    holes: tuple[str, ...] = ()
    """what never came down; pictures of which some did are mapped with holes"""

    @property
    def truth(self) -> tuple[Comparison, ...]:
        """Estimates beside the simulated truth."""
        return tuple(one for mapped in self.mapped.values() for one in mapped.truth)

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong between camera and map."""
        return tuple(fault for mapped in self.mapped.values() for fault in mapped.faults)


def outcome_of(run: Run, checks: tuple[Check, ...]) -> Outcome:
    """The run as the report tells it."""
    mission, planned = run.mission, run.planned
    everything = {**run.mapped, **{m.scene.id: m for m in run.before.values()}}
    urgent = tuple(_story(run, order) for order in sorted(mission.urgent, key=lambda r: (r.ordered, r.id)))
    return Outcome(
        title=mission.title,
        simulated=True,
        seed=mission.seed,
        command=f"swath run evidence/inputs/{mission.files[0].name} --seed {mission.seed}",
        versions=versions(),
        inputs=_inputs(mission),
        start=mission.start,
        stop=mission.stop,
        satellites=mission.satellites,
        stations=mission.stations,
        requests=planned.problem.requests,
        tracks=_tracks(run),
        opportunities=planned.problem.opportunities,
        passes=planned.problem.passes,
        eclipses=planned.problem.eclipses,
        first_plan=planned.first,
        plan=planned.plan,
        flown=run.flight.flown,
        telemetry=run.flight.telemetry,
        links=run.links,
        scenes=tuple(m.scene for m in everything.values()),
        quicklooks={id: run.mapped[id].quicklook for id in _shown(run, urgent)},
        before={order: m.quicklook for order, m in run.before.items()},
        products=tuple(product for m in run.mapped.values() for product in m.products),
        urgent=urgent,
        truth=run.truth,
        checks=checks,
        assumptions=_assumptions(mission),
        warnings=(*planned.warnings, *_not_commanded(run.commands), *run.holes),
        files=_files(run.folder),
        flight=_flown(run),
        footprints={id: m.footprint for id, m in run.mapped.items()},
        bundles=_bundles(run),
        land=run.land,
    )


def _bundles(run: Run) -> tuple[Ordered, ...]:
    """The orders that the planner has divided."""
    parts = {bundle.id: bundle.requests for bundle in run.planned.problem.bundles}
    return tuple(Ordered(order.request, parts[order.id]) for order in run.mission.orders if order.id in parts)


def _inputs(mission: Mission) -> tuple[Input, ...]:
    kinds = ["mission file", "order list", *(["weather forecast"] if mission.forecast is not None else []), "faults"]
    return tuple(Input(path.name, sha256(path), kind) for path, kind in zip(mission.files, kinds, strict=False))


def _flown(run: Run) -> FlownDay:
    taken = sorted(run.mapped.values(), key=lambda m: (m.scene.start, m.scene.id))
    packed = sum((landed.measured for landed in run.landed.values()), Measured())
    day = flown_day(
        run.mission,
        run.planned.plans,
        run.commands,
        run.flight,
        run.planned.problem.eclipses,
        down={id: landed.received for id, landed in run.landed.items() if not landed.missing_share},
        mapped=list(run.mapped),
        links=run.links,
        strip={id: run.mapped[id].quicklook for id in spread([m.scene.id for m in taken])},
    )
    return replace(day, compression_ratio=packed.ratio if packed.samples else None)


def _shown(run: Run, urgent: tuple[Urgent, ...]) -> list[str]:
    """The urgent pictures, and the most valuable others of those that show most of the ground."""
    first = [story.acquisition for story in urgent if story.acquisition in run.mapped]
    looks = run.planned.plan.acquisitions
    seen = {
        m.scene.id: min((p.estimates["seen_share"].value for p in m.products), default=0.0) for m in run.mapped.values()
    }
    others = [str(id) for id in looks.id[np.argsort(-looks.value, kind="stable")] if str(id) in run.mapped]
    others.sort(key=lambda id: seen[id] < _CLEAR)
    return first + [id for id in others if id not in first][:_SHOWN_PICTURES]


def _story(run: Run, order: Request) -> Urgent:
    mission, looks = run.mission, run.planned.plan.acquisitions
    offered = run.planned.problem.opportunities
    offered = offered.take((offered.request == order.id) & (offered.start >= order.ordered))
    rows = np.flatnonzero(looks.request == order.id)
    acquisition = str(looks.id[rows[0]]) if len(rows) else ""
    flown = run.flight.flown.take(run.flight.flown.acquisition == acquisition)
    landed = run.landed.get(acquisition)
    processing = seconds(mission.operations.processing_s)
    earliest = earliest_delivery(run.planned.problem, order.id)
    refusal = next((r.because for r in run.planned.plan.refused if r.request == order.id), "")
    return Urgent(
        request=order.id,
        ordered=order.ordered,
        accepted=order.ordered + seconds(mission.operations.planning_s) if acquisition else None,
        looks_offered=len({(str(s), int(w)) for s, w in zip(offered.satellite, offered.window, strict=True)}),
        acquisition=acquisition,
        imaged=flown.stop[0] if len(flown) and flown.status[0] != "skipped" else None,
        on_ground=landed.received if landed else None,
        mapped=landed.received + processing if landed and acquisition in run.mapped else None,
        station=landed.station if landed else "",
        earliest_mapped=earliest.on_ground + processing if earliest else None,
        earliest_look=f"{earliest.satellite} {format_utc(earliest.imaged)[11:]} by {earliest.station}"
        if earliest
        else "",
        received_bit=landed.bit if landed else 0.0,
        frames_sent=landed.frames_sent if landed else 0,
        frames_resent=landed.frames_resent if landed else 0,
        because=refusal or (str(flown.because[0]) if len(flown) else ""),
    )


def _tracks(run: Run) -> Tracks:
    parts = []
    for id, ephemeris in run.planned.ephemerides.items():
        times = time_grid(run.mission.start, run.mission.stop, _TRACK_STEP_S)
        lon_deg, lat_deg, altitude_m = geodetic_from_itrf(ephemeris.states(times)[0])
        parts.append(Tracks(np.full(len(times), id), times, lon_deg, lat_deg, altitude_m))
    return Tracks.join(parts)


def _files(folder: Path) -> tuple[str, ...]:
    """What a person finds in the folder, as it will be when all is written."""
    named = ("report.html", "answer.json", "orders.json", "opportunities.geojson", "plan.json", "plan.csv")
    more = ("plan.czml", "plan.ics", "refused.json")
    return (
        *named,
        *more,
        "downlink/",
        "telemetry/",
        "stac/",
        *(("products/",) if (folder / "products").is_dir() else ()),
        "evidence/",
    )


def _not_commanded(commands: CommandDay) -> list[str]:
    return [f"{id}: not flown, {why}" for id, why in commands.missing().items()]


def _burst(operations: Operations) -> str:
    mean = operations.frame_burst_count
    return "one by one" if mean <= 1.0 else f"{mean:g} in a row on the average"


_BEFORE = "The picture from before the flood is the fleet's last look ahead of the mission, under a sky taken as clear."


def _assumptions(mission: Mission) -> tuple[str, ...]:
    operations = mission.operations
    return (
        "The orbits are published ones; the spacecraft on them, the weather, the landscape, the flight and every "
        "picture are simulated. Nothing here says what any real place looked like.",
        f"Planning takes {operations.planning_s:.0f} s from an urgent order to the new plan; a satellite learns of it "
        "at its next contact and flies the old plan until then.",
        f"Processing takes {operations.processing_s / 60:.0f} min from the last frame on the ground to the map.",
        "The day's first plan is made, and goes up, before the day begins: in each satellite's last pass before it.",
        f"{100 * operations.frame_loss:.1f} % of transfer frames are lost on the way down, {_burst(operations)}. What "
        "is missing is asked for again (CFDP class 2) while the contact lasts, or in the satellite's next one.",
        _array(mission),
        *((_BEFORE,) if any(order.kind == "flood" for order in mission.urgent) else ()),
        "Field boundaries come from the simulated cadastre, heights from its exact model of the relief; position is "
        "measured against a simulated, exact map.",
    )


def _array(mission: Mission) -> str:
    plain = [craft.id for craft in mission.satellites if craft.bus is None or craft.bus.array is None]
    fixed = "gives what its angle to the Sun allows in flight, where plans reckon with a steady power."
    if not plain:
        return f"Each satellite's array {fixed}"
    full = "gives its full power in sunlight, whatever the attitude"
    if len(plain) == len(mission.satellites):
        return f"The array {full}."
    return f"The array of {', '.join(plain)} {full}; that of the others {fixed}"
