"""Reads a mission file: who flies what, which stations listen, what is ordered."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swath.errors import DataError, InputError
from swath.fly.faults import Faults
from swath.model import Elements, Place, Request, Station
from swath.orbit.forms import parse_elements
from swath.plan.forecast import GridForecast
from swath.plan.orders import Order
from swath.plan.problem import Owner
from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite
from swath.spacecraft.agility import fitted_turning
from swath.spacecraft.catalog import stations as known_stations
from swath.spacecraft.power import BATTERY_WARMTH, RADIO_WARMTH, Duty, Thermal
from swath.store.craft import read_bus, read_faults, read_radar, read_receiver, read_transmitter, read_warmth
from swath.store.forecast import read_forecast
from swath.store.land_changes import LandChange, land_change
from swath.store.orders import MAX_EXTENT_M, read_orders
from swath.store.section import Section
from swath.time import seconds

__all__ = ["MAX_SEED", "Mission", "Operations", "checked_seed", "read_mission"]

MAX_HOURS = 72.0
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Operations:
    """What people and machines on the ground take, as the mission file states it."""

    planning_s: float
    """from an urgent order to the new plan, ready to be uplinked"""
    processing_s: float
    """from the last bit on the ground to the map"""
    frame_loss: float
    """share of transfer frames lost on the way down"""
    solver: str
    frame_burst_count: float = 1.0
    """mean number of frames lost in a row"""
    uplink_bit_s: float = 64e3
    """on the way up: commands, and what the ground asks for again"""
    uplink_loss: float = 0.0
    """share of what goes up that is lost"""
    faults: Faults = field(default_factory=Faults)
    """what shall go wrong in flight"""


@dataclass(frozen=True)
class Mission:
    """One day of one fleet, as described in a mission file."""

    name: str
    title: str
    seed: int
    start: np.datetime64
    stop: np.datetime64
    operations: Operations
    satellites: tuple[Satellite, ...]
    stations: tuple[Station, ...]
    orders: tuple[Order, ...]
    urgent: tuple[Request, ...]
    files: tuple[Path, ...]
    """everything the mission was read from, the mission file first"""
    owners: tuple[Owner, ...] = ()
    forecast: GridForecast | None = None
    """the weather that is flown under is one that keeps it; without it both are simulated"""
    changes: tuple[LandChange, ...] = ()
    """what happens to the simulated land"""
    gone: tuple[str, ...] = ()
    """satellites that were taken out of the fleet, which orders may still name"""

    @property
    def routine(self) -> tuple[Request, ...]:
        """What the routine orders ask for."""
        return tuple(order.request for order in self.orders)


def checked_seed(seed: int) -> int:
    """A seed given in place of the mission's own, or :class:`InputError` where it is out of range."""
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"{seed} is no seed", where="--seed", fix=f"Give a whole number from 0 to {MAX_SEED}")
    return seed


def read_mission(path: Path) -> Mission:
    """The mission a file describes.

    Raises :class:`DataError` where a file is missing, :class:`InputError` for anything wrong in it: unknown or missing
    keys, values out of range, ids used twice, stations nobody knows, element sets that cannot be real.
    """
    if not path.is_file():
        raise DataError("the mission file does not exist", where=str(path), fix="Copy examples/flood/mission.toml")
    try:
        root = Section(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not TOML: {error}", where=str(path), fix="Correct it there") from error
    head = root.table("mission")
    start = head.time("start")
    stop = start + seconds(3600.0 * head.number("hours", low=0.1, high=MAX_HOURS))
    name, title, seed = head.text("name"), head.text("title"), head.whole("seed", low=0, high=MAX_SEED)
    head.done()
    duties = root.optional_table("operations")
    fault_file = _beside(path, duties.text("faults"), duties.where) if "faults" in duties.values else None
    operations = _operations(duties, fault_file)
    spacecraft = root.optional_table("spacecraft")
    satellites = tuple(_satellite(s, spacecraft, n) for n, s in enumerate(root.tables("satellites")))
    stations = tuple(_station(s) for s in root.tables("stations"))
    orders = root.table("orders")
    order_name = orders.text("file")
    order_file = _beside(path, order_name, orders.where)
    asked = read_orders(order_file, start=start, stop=stop)
    orders.done()
    owners = tuple(_owner(s) for s in root.tables("owners"))
    sky = root.optional_table("forecast")
    sky_file = _beside(path, sky.text("file"), sky.where) if sky.values else None
    forecast = read_forecast(sky_file) if sky_file else None
    sky.done()
    urgent = tuple(_urgent(s, start, stop) for s in root.tables("urgent"))
    happened = tuple(land_change(s) for s in root.tables("changes"))
    root.done()
    _check_all(path, satellites, stations, (*(order.request for order in asked), *urgent), happened)
    files = (path, order_file, *(file for file in (sky_file, fault_file) if file))
    return Mission(
        name, title, seed, start, stop, operations, satellites, stations, asked, urgent, files, owners, forecast,
        happened,
    )  # fmt: skip


def _check_all(path: Path, *named: Sequence[Satellite | Station | Request | LandChange]) -> None:
    for kind, group in zip(("satellite", "station", "order", "change"), named, strict=True):
        if group or kind != "change":
            _check_ids(kind, (one.id for one in group), path)


def _beside(path: Path, name: str, where: str) -> Path:
    """A file in the mission's own folder."""
    if Path(name).name != name:
        raise InputError(f"file = {name!r} is a path", where=where, fix="Put the file beside the mission file")
    return path.parent / name


def _owner(section: Section) -> Owner:
    owner = Owner(
        id=section.text("id"),
        max_pictures=section.whole("max_pictures", Owner.max_pictures, low=0, high=Owner.max_pictures),
        max_image_s=section.number("max_image_s", math.inf, low=0, high=math.inf),
        fair_share=section.number("fair_share", 1.0, low=0.001, high=1),
    )
    section.done()
    return owner


def _check_ids(kind: str, ids: Iterable[str], path: Path) -> None:
    counts = Counter(ids)
    if not counts:
        raise InputError(f"there is no {kind}", where=str(path), fix=f"Add at least one {kind}")
    twice = [id for id, count in counts.items() if count > 1]
    if twice:
        raise InputError(f"{kind} id {twice[0]!r} is used {counts[twice[0]]} times", where=str(path), fix="Rename one")
    unfit = [id for id in counts if len(id) > 40 or not all(c.isalnum() or c in "-_." for c in id) or id[0] == "."]
    if unfit:
        raise InputError(
            f"{kind} id {unfit[0]!r} cannot be part of a file name",
            where=str(path),
            fix="Use up to 40 letters, digits, - _ .",
        )


def _operations(section: Section, fault_file: Path | None) -> Operations:
    operations = Operations(
        planning_s=section.number("planning_s", 60.0, low=0, high=86400),
        processing_s=section.number("processing_s", 1200.0, low=0, high=86400),
        frame_loss=section.number("frame_loss", 0.004, low=0, high=0.3),
        solver=section.text("solver", "price-and-search"),
        frame_burst_count=section.number("frame_burst_count", 1.0, low=1, high=1e4),
        uplink_bit_s=section.number("uplink_bit_s", 64e3, low=100, high=1e9),
        uplink_loss=section.number("uplink_loss", 0.0, low=0, high=0.9),
        faults=read_faults(fault_file) if fault_file else Faults(),
    )
    section.done()
    return operations


def _satellite(section: Section, spacecraft: Section, number: int) -> Satellite:
    build = spacecraft.table(section.text("spacecraft"))
    rates = build.pairs("radio_rates", ())
    sees_by_radar = "radar" in build.values
    satellite = Satellite(
        id=section.text("id"),
        elements=_elements(section),
        optics=None if sees_by_radar else _optics(build.table("optics")),
        agility=_agility(build.table("agility")),
        power=_power(build.table("power")),
        memory=Memory(section.number("memory_bit", build.number("memory_bit", low=1e6, high=1e15), low=1e6, high=1e15)),
        radio=Radio(
            max_rate_bit_s=build.number("radio_bit_s", low=1e3, high=1e11),
            spacecraft_id=section.whole("ccsds_id", number + 1, low=0, high=1023),
            apid=section.whole("apid", 100 + number, low=0, high=2046),
            rates=_rising(rates, build.where),
            transmitter=read_transmitter(sender) if (sender := build.optional_table("transmitter")).values else None,
        ),
        sensor=build.text("sensor", "radar" if sees_by_radar else "optical"),
        duty=_duty(build.optional_table("duty")),
        thermal=_thermal(build.optional_table("thermal")),
        battery_thermal=read_warmth(build.optional_table("battery_thermal"), BATTERY_WARMTH),
        radio_thermal=read_warmth(build.optional_table("radio_thermal"), RADIO_WARMTH),
        bus=read_bus(bus) if (bus := build.optional_table("bus")).values else None,
        radar=read_radar(build.table("radar")) if sees_by_radar else None,
    )
    build.done()
    section.done()
    return satellite


def _rising(rates: tuple[tuple[float, float], ...], where: str) -> tuple[tuple[float, float], ...]:
    """Pairs of elevation and rate, elevations rising."""
    angles = [angle for angle, _ in rates]
    if angles != sorted(set(angles)) or any(not -90 <= angle <= 90 or rate < 0 for angle, rate in rates):
        raise InputError(
            "radio_rates are not by rising elevation", where=where, fix="Write [[10, 20e6], [30, 60e6]]: degrees, bit/s"
        )
    return rates


def _duty(section: Section) -> Duty:
    duty = Duty(
        image_s=section.number("image_s", Duty.image_s, low=0, high=math.inf),
        window_s=section.number("window_s", Duty.window_s, low=1, high=1e6),
        warm_up_s=section.number("warm_up_s", Duty.warm_up_s, low=0, high=86400),
        warm_up_w=section.number("warm_up_w", Duty.warm_up_w, low=0, high=1e5),
    )
    section.done()
    return duty


def _thermal(section: Section) -> Thermal:
    thermal = Thermal(
        rest_k=section.number("rest_k", Thermal.rest_k, low=100, high=500),
        rise_k=section.number("rise_k", Thermal.rise_k, low=0, high=1000),
        settles_s=section.number("settles_s", Thermal.settles_s, low=1, high=1e6),
        max_k=section.number("max_k", Thermal.max_k, low=100, high=math.inf),
    )
    section.done()
    return thermal


def _elements(section: Section) -> Elements:
    source = section.text("source")
    loaded = parse_elements(section.text("elements"), source=source)
    if loaded.rejected or len(loaded.elements) != 1:
        why = "; ".join(f"line {r.line}: {r.what}" for r in loaded.rejected) or f"{len(loaded.elements)} sets found"
        raise InputError(
            f"elements are not one good set: {why}", where=section.where, fix="Paste one TLE or OMM as published"
        )
    return loaded.elements[0]


def _optics(section: Section) -> Optics:
    optics = Optics(
        focal_length_m=section.number("focal_length_m", low=0.01, high=20),
        pixel_pitch_m=section.number("pixel_pitch_m", low=1e-6, high=1e-4),
        detectors=section.whole("detectors", low=64, high=40000),
        bands=section.texts("bands"),
        bits_per_sample=section.whole("bits_per_sample", low=12, high=12),
        full_well_reflectance=section.number("full_well_reflectance", low=0.1, high=2),
        signal_to_noise=section.number("signal_to_noise", low=5, high=1000),
        dead_share=section.number("dead_share", 0.0, low=0, high=0.1),
        hot_share=section.number("hot_share", 0.0, low=0, high=0.1),
    )
    if optics.bands != ("blue", "green", "red", "nir"):
        raise InputError(
            f"bands {list(optics.bands)} cannot be worked with yet",
            where=section.where,
            fix='Write bands = ["blue", "green", "red", "nir"]',
        )
    section.done()
    return optics


def _agility(section: Section) -> Agility:
    settling_s = section.number("settling_s", low=0, high=300)
    turns = section.pairs("turns", ())
    if turns and len(turns) != 2:
        raise InputError(f"{len(turns)} turns", where=section.where, fix="Give two: [[deg, s], [deg, s]]")
    rate, acceleration = fitted_turning(*turns, settling_s=settling_s) if turns else (None, None)
    agility = Agility(
        max_rate_deg_s=rate or section.number("max_rate_deg_s", low=0.01, high=20),
        max_acceleration_deg_s2=acceleration or section.number("max_acceleration_deg_s2", low=0.001, high=20),
        settling_s=settling_s,
        max_off_nadir_deg=section.number("max_off_nadir_deg", low=0, high=60),
        pointing_sigma_deg=section.number("pointing_sigma_deg", low=0, high=0.2),
        knowledge_sigma_deg=section.number("knowledge_sigma_deg", low=0, high=0.05),
        sun_keep_out_deg=section.number("sun_keep_out_deg", 0.0, low=0, high=180),
    )
    section.done()
    return agility


def _power(section: Section) -> Power:
    names = ("battery_wh", "initial_wh", "min_wh", "charge_w", "idle_w", "slew_w", "image_w", "contact_w")
    numbers = {name: section.number(name, low=0, high=1e5) for name in names}
    power = Power(**numbers, array_follows_sun=section.flag("array_follows_sun", True))
    if not power.min_wh <= power.initial_wh <= power.battery_wh:
        raise InputError(
            f"initial_wh {power.initial_wh:g} is not between min_wh {power.min_wh:g} and battery_wh "
            f"{power.battery_wh:g}",
            where=section.where,
            fix="Correct these three",
        )
    section.done()
    return power


def _station(section: Section) -> Station:
    id = section.text("id")
    fact = {} if "lon_deg" in section.values else _known_station(id, section.where)
    station = Station(
        id=id,
        lon_deg=section.number("lon_deg", fact.get("lon_deg"), low=-180, high=180),
        lat_deg=section.number("lat_deg", fact.get("lat_deg"), low=-90, high=90),
        altitude_m=section.number("altitude_m", fact.get("altitude_m"), low=-500, high=9000),
        min_elevation_deg=section.number("min_elevation_deg", 10.0, low=0, high=89),
        rate_bit_s=section.number("rate_bit_s", low=1e3, high=1e11),
        setup_s=section.number("setup_s", 30.0, low=0, high=3600),
        source=section.text("source", fact.get("source")),
        teardown_s=section.number("teardown_s", 0.0, low=0, high=3600),
        maintenance=section.spans("maintenance", ()),
        cost_per_min=section.number("cost_per_min", 0.0, low=0, high=1e9),
        receiver=read_receiver(dish) if (dish := section.optional_table("receiver")).values else None,
    )
    section.done()
    return station


def _known_station(id: str, where: str) -> dict[str, Any]:
    known = {one.id: one for one in known_stations()}
    if id not in known:
        near = ", ".join(difflib.get_close_matches(id, known, 5)) or "one of `swath orbit catalogue --stations`"
        raise InputError(
            f"station {id!r} is not in the catalogue",
            where=where,
            fix=f"Give it lon_deg, lat_deg, altitude_m and source, or use {near}",
        )
    return vars(known[id].station())


def _urgent(section: Section, start: np.datetime64, stop: np.datetime64) -> Request:
    id, ordered = section.text("id"), section.time("ordered")
    if not start <= ordered < stop:
        raise InputError(f"ordered at {ordered}, outside the mission", where=section.where, fix="Move ordered or start")
    width = section.number("width_m", low=1000, high=MAX_EXTENT_M)
    height = section.number("height_m", low=1000, high=MAX_EXTENT_M)
    lon, lat = section.number("lon_deg", low=-180, high=180), section.number("lat_deg", low=-90, high=90)
    request = Request(
        id=id,
        place=Place.box(id, lon_deg=lon, lat_deg=lat, width_m=width, height_m=height),
        kind=section.text("kind", "flood"),
        value=section.number("value", low=0.001, high=1e6),
        ordered=ordered,
        start=ordered,
        stop=stop,
        deadline=stop,
        min_sun_elevation_deg=section.number("min_sun_elevation_deg", 10.0, low=-90, high=90),
        max_off_nadir_deg=section.number("max_off_nadir_deg", 40.0, low=0.1, high=60),
        extent_m=max(width, height),
        sensor=section.text("sensor", "any"),
        urgent=True,
    )
    if request.kind not in ("flood", "watch"):
        fix = 'Write kind = "flood", or "watch" for a picture alone'
        raise InputError(f"kind {request.kind!r} is not known", where=section.where, fix=fix)
    section.done()
    return request
