"""Reads the deeper parts of a mission file: a spacecraft's bus, the two ends of a link; and files of faults."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError
from swath.fly.faults import Faults
from swath.model import Receiver
from swath.spacecraft.bus import PYRAMID, Array, Axis, Bus, Shake, Wheels
from swath.spacecraft.power import Thermal
from swath.spacecraft.radio import Transmitter
from swath.spacecraft.sar import Radar
from swath.store.section import Section

__all__ = ["read_bus", "read_faults", "read_radar", "read_receiver", "read_transmitter", "read_warmth"]

_MOST_WHEELS = 12
_MOST_LINES = 40


def read_bus(section: Section) -> Bus:
    """The bus that a table ``[spacecraft.NAME.bus]`` describes; see ``docs/reference/mission-file.md``."""
    wheels = section.table("wheels")
    array = section.optional_table("array")
    bus = Bus(
        inertia_kg_m2=_axis(section, "inertia_kg_m2", low=1e-6, high=1e6),
        wheels=Wheels(
            max_momentum_n_m_s=wheels.number("max_momentum_n_m_s", low=1e-6, high=1e4),
            max_torque_n_m=wheels.number("max_torque_n_m", low=1e-7, high=1e3),
            axes=_axes(wheels),
        ),
        rods_a_m2=section.number("rods_a_m2", 0.0, low=0.0, high=1e4),
        array=_array(array) if array.values else None,
        charge_efficiency=section.number("charge_efficiency", 1.0, low=0.01, high=1.0),
        shake=_shake(section.optional_table("shake")),
        residual_a_m2=_axis(section, "residual_a_m2", (0.0, 0.0, 0.0), low=-1e3, high=1e3),
        torque_n_m=_axis(section, "torque_n_m", (0.0, 0.0, 0.0), low=-1e3, high=1e3),
        faces_sun=section.flag("faces_sun", True),
    )
    wheels.done()
    section.done()
    return bus


def read_radar(section: Section) -> Radar:
    """The side-looking radar that a table ``[spacecraft.NAME.radar]`` describes."""
    low_deg = section.number("min_incidence_deg", Radar.min_incidence_deg, low=10.0, high=60.0)
    radar = Radar(
        range_spacing_m=section.number("range_spacing_m", low=0.1, high=100.0),
        line_spacing_m=section.number("line_spacing_m", low=0.1, high=100.0),
        looks=section.whole("looks", low=1, high=1000),
        noise_ratio=section.number("noise_ratio", Radar.noise_ratio, low=0.0, high=1.0),
        counts_per_amplitude=section.number("counts_per_amplitude", Radar.counts_per_amplitude, low=10.0, high=4000.0),
        swath_width_m=section.number("swath_width_m", Radar.swath_width_m, low=100.0, high=500e3),
        min_incidence_deg=low_deg,
        max_incidence_deg=section.number("max_incidence_deg", Radar.max_incidence_deg, low=low_deg + 0.1, high=65.0),
    )
    section.done()
    return radar


def read_transmitter(section: Section) -> Transmitter:
    """The downlink radio that a table ``[spacecraft.NAME.transmitter]`` describes."""
    sender = Transmitter(
        frequency_hz=section.number("frequency_hz", low=1e9, high=55e9),
        power_w=section.number("power_w", low=1e-3, high=1e4),
        gain_db=section.number("gain_db", low=-20.0, high=70.0),
        symbol_rate_per_s=section.number("symbol_rate_per_s", low=1e3, high=1e10),
        feed_loss_db=section.number("feed_loss_db", 0.0, low=0.0, high=30.0),
        beam_width_deg=section.number("beam_width_deg", 180.0, low=0.01, high=360.0),
        pointing_error_deg=section.number("pointing_error_deg", 0.0, low=0.0, high=90.0),
        roll_off_ratio=section.number("roll_off_ratio", 0.2, low=0.0, high=1.0),
    )
    section.done()
    return sender


def read_receiver(section: Section) -> Receiver:
    """The antenna and what stands behind it that a table ``[stations.receiver]`` describes."""
    receiver = Receiver(
        dish_m=section.number("dish_m", low=0.05, high=200.0),
        noise_k=section.number("noise_k", low=1.0, high=1e4),
        aperture_share=section.number("aperture_share", 0.6, low=0.01, high=1.0),
        pointing_error_deg=section.number("pointing_error_deg", 0.02, low=0.0, high=10.0),
        implementation_loss_db=section.number("implementation_loss_db", 1.0, low=0.0, high=30.0),
    )
    section.done()
    return receiver


def read_warmth(section: Section, known: Thermal) -> Thermal:
    """The warmth of a part as a table such as ``[spacecraft.NAME.battery_thermal]`` has it; ``known`` otherwise."""
    thermal = Thermal(
        rest_k=section.number("rest_k", known.rest_k, low=100, high=500),
        rise_k=section.number("rise_k", known.rise_k, low=0, high=1000),
        settles_s=section.number("settles_s", known.settles_s, low=1, high=1e6),
    )
    section.done()
    return thermal


def _array(section: Section) -> Array:
    array = Array(
        area_m2=section.number("area_m2", low=1e-4, high=1e3),
        efficiency=section.number("efficiency", low=0.001, high=1.0),
        normal=_axis(section, "normal", (0.0, 0.0, -1.0), low=-1.0, high=1.0),
    )
    if not any(array.normal):
        raise InputError("normal = [0, 0, 0] points nowhere", where=section.where, fix="Name a direction")
    section.done()
    return array


def _shake(section: Section) -> Shake:
    shake = Shake(
        bias_deg=section.number("bias_deg", 0.0, low=0, high=1),
        tracker_deg=section.number("tracker_deg", 0.0, low=0, high=1),
        tracker_s=section.number("tracker_s", 5.0, low=0.1, high=1000),
        jitter=tuple((line[0], line[1]) for line in section.rows("jitter", 2, most=_MOST_LINES)),
        ring_deg=section.number("ring_deg", 0.0, low=0, high=5),
        ring_hz=section.number("ring_hz", 0.8, low=0.001, high=1000),
        ring_decay_s=section.number("ring_decay_s", 1.0, low=0.001, high=1000),
    )
    section.done()
    return shake


def _axis(section: Section, key: str, default: Axis | None = None, *, low: float, high: float) -> Axis:
    x, y, z = section.numbers(key, 3, *(() if default is None else (default,)), low=low, high=high)
    return x, y, z


def _axes(wheels: Section) -> tuple[Axis, ...]:
    rows = wheels.rows("axes", 3, most=_MOST_WHEELS)
    return tuple((row[0], row[1], row[2]) for row in rows) or PYRAMID


def read_faults(path: Path) -> Faults:
    """What a TOML file of faults asks to go wrong; see ``docs/reference/command-line.md``.

    Raises :class:`DataError` where there is no such file and :class:`InputError` for anything wrong in it.
    """
    try:
        root = Section(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    except OSError as error:
        raise DataError(f"cannot read the faults: {error.strerror}", where=str(path), fix="Name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not TOML: {error}", where=str(path), fix="Correct it there") from error
    late, slow = root.optional_table("late_contact_s"), root.optional_table("slew_slowdown")
    faults = Faults(
        late_contact_s={id: late.number(id, low=0.0, high=1e5) for id in late.values},
        lost_contacts=frozenset(root.texts("lost_contacts", ()) if "lost_contacts" in root.values else ()),
        lost_uplinks=frozenset(root.texts("lost_uplinks", ()) if "lost_uplinks" in root.values else ()),
        slew_slowdown={id: slow.number(id, low=1.0, high=1e3) for id in slow.values},
        scatter_share=root.number("scatter_share", 1.0, low=0.0, high=100.0),
        wheel_losses=_wheel_losses(root),
        resets=_resets(root),
        safe_modes=_safe_modes(root),
        stuck_pages=_stuck_pages(root),
    )
    root.done()
    return faults


def _wheel_losses(root: Section) -> dict[str, tuple[tuple[int, np.datetime64], ...]]:
    found: dict[str, tuple[tuple[int, np.datetime64], ...]] = {}
    for one in root.tables("wheel_losses", name="satellite"):
        id = one.text("satellite")
        found[id] = (*found.get(id, ()), (one.whole("wheel", low=0, high=_MOST_WHEELS), one.time("at")))
        one.done()
    return found


def _resets(root: Section) -> dict[str, tuple[float, float]]:
    found = {}
    for one in root.tables("resets", name="contact"):
        id = one.text("contact")
        found[id] = (one.number("after_s", low=0.0, high=1e5), one.number("lasts_s", low=0.0, high=1e6))
        one.done()
    return found


def _safe_modes(root: Section) -> dict[str, tuple[tuple[np.datetime64, float], ...]]:
    found: dict[str, tuple[tuple[np.datetime64, float], ...]] = {}
    for one in root.tables("safe_modes", name="satellite"):
        id = one.text("satellite")
        found[id] = (*found.get(id, ()), (one.time("at"), one.number("lasts_s", low=0.0, high=1e7)))
        one.done()
    return found


def _stuck_pages(root: Section) -> dict[str, tuple[tuple[np.datetime64, float, float], ...]]:
    found: dict[str, tuple[tuple[np.datetime64, float, float], ...]] = {}
    for one in root.tables("stuck_pages", name="satellite"):
        id = one.text("satellite")
        first_bit, size_bit = (one.number(name, low=0.0, high=1e18) for name in ("first_bit", "size_bit"))
        found[id] = (*found.get(id, ()), (one.time("at"), first_bit, size_bit))
        one.done()
    return found
