"""What shall go wrong on purpose, and the refusal of what cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from swath.errors import InputError
from swath.model import Plan
from swath.spacecraft.satellite import Satellite

__all__ = ["Faults", "check_faults", "faults_for", "faults_left"]


@dataclass(frozen=True)
class Faults:
    """What shall go wrong on purpose. ``scatter_share`` 0 takes away the chance errors: the plan is flown exactly."""

    late_contact_s: Mapping[str, float] = field(default_factory=dict)
    """by contact id: so much later than it would start"""
    lost_contacts: frozenset[str] = frozenset()
    """contacts in which nothing comes through"""
    slew_slowdown: Mapping[str, float] = field(default_factory=dict)
    """by satellite id: rate and acceleration divided by this (1 or more)"""
    scatter_share: float = 1.0
    """times all chance errors"""
    wheel_losses: Mapping[str, tuple[tuple[int, np.datetime64], ...]] = field(default_factory=dict)
    """by satellite id: wheel number (from 0) and when it stops; needs a bus"""
    resets: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """by contact id: so many seconds after its start the computer restarts, which takes so many seconds"""
    safe_modes: Mapping[str, tuple[tuple[np.datetime64, float], ...]] = field(default_factory=dict)
    """by satellite id: from when, and for how many seconds, it does nothing but live"""
    stuck_pages: Mapping[str, tuple[tuple[np.datetime64, float, float], ...]] = field(default_factory=dict)
    """by satellite id: when, from which bit of the recorder on, and how many bits: never to be used again"""
    lost_uplinks: frozenset[str] = frozenset()
    """passes in which nothing goes up, by how their names begin: ``SW-1-svalbard-20260508T06``"""


def faults_for(faults: Faults, plan: Plan) -> Faults:
    """The same faults with whole ids in place of the beginnings of contacts' ids that people write.

    A name that begins no contact of the plan stays as it is, for :func:`check_faults` to refuse.
    """
    ids = plan.contacts.id.tolist()

    def whole(name: str) -> list[str]:
        return [name] if name in ids else [id for id in ids if id.startswith(name)] or [name]

    return replace(
        faults,
        late_contact_s={id: late for name, late in faults.late_contact_s.items() for id in whole(name)},
        lost_contacts=frozenset(id for name in faults.lost_contacts for id in whole(name)),
        resets={id: reset for name, reset in faults.resets.items() for id in whole(name)},
    )


def faults_left(faults: Faults, flown: Plan) -> Faults:
    """Those that can happen: contacts that were never commanded are not there to go wrong."""
    contacts = set(flown.contacts.id.tolist())
    return replace(
        faults,
        late_contact_s={id: late for id, late in faults.late_contact_s.items() if id in contacts},
        lost_contacts=faults.lost_contacts & contacts,
        resets={id: reset for id, reset in faults.resets.items() if id in contacts},
    )


def check_faults(satellites: tuple[Satellite, ...], plan: Plan, faults: Faults) -> None:
    """Do satellites, plan and faults fit together? Raises :class:`InputError` where they do not."""
    known = {satellite.id for satellite in satellites}
    contacts = set(plan.contacts.id.tolist())
    for what, asked, there in (
        ("satellite", set(plan.acquisitions.satellite.tolist()) | set(plan.contacts.satellite.tolist()), known),
        ("satellite", set(faults.slew_slowdown) | set(faults.safe_modes) | set(faults.stuck_pages), known),
        ("satellite", set(faults.wheel_losses), known),
        ("contact", set(faults.late_contact_s) | set(faults.lost_contacts) | set(faults.resets), contacts),
    ):
        if asked - there:
            fix = "Give satellites, a plan and faults that fit together"
            raise InputError(f"the flight has no {what} {min(asked - there)!r}", fix=fix)
    if any(factor < 1.0 for factor in faults.slew_slowdown.values()):
        raise InputError("a slowdown below 1 would turn faster than the wheels can", fix="Give factors of 1 or more")
    for satellite in satellites:
        losses = faults.wheel_losses.get(satellite.id, ())
        there_are = 0 if satellite.bus is None else len(satellite.bus.wheels.axes)
        if any(not 0 <= wheel < there_are for wheel, _ in losses):
            raise InputError(
                f"{satellite.id} has {there_are} wheels to lose", where="wheel_losses", fix="Number them from 0"
            )
