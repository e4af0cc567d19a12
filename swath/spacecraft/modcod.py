"""DVB-S2: how much of the air is data, and how strong must the signal be?

ETSI EN 302 307-1 V1.4.1 (2014), table 13: spectral efficiency of each modulation and coding with normal frames
(64,800 bits, no pilots), and the Es/N0 at which one packet in ten million is lost on an ideal channel. The efficiencies
follow from the code's sizes (table 5a) and the frame's slots; tests/authorities/test_radio.py works them out again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["MODCODS", "Acm", "Modcod", "modcod_named", "modcods_over_time", "steady_modcod"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Modcod:
    """One modulation and coding: ``8PSK 3/4``."""

    name: str
    es_n0_db: float
    """ideal; what a receiver needs more is its implementation loss"""
    bit_per_symbol: float
    """data bits, headers and coding taken off"""


MODCODS = (
    Modcod("QPSK 1/4", -2.35, 0.490243),
    Modcod("QPSK 1/3", -1.24, 0.656448),
    Modcod("QPSK 2/5", -0.30, 0.789412),
    Modcod("QPSK 1/2", 1.00, 0.988858),
    Modcod("QPSK 3/5", 2.23, 1.188304),
    Modcod("QPSK 2/3", 3.10, 1.322253),
    Modcod("QPSK 3/4", 4.03, 1.487473),
    Modcod("QPSK 4/5", 4.68, 1.587196),
    Modcod("QPSK 5/6", 5.18, 1.654663),
    Modcod("QPSK 8/9", 6.20, 1.766451),
    Modcod("QPSK 9/10", 6.42, 1.788612),
    Modcod("8PSK 3/5", 5.50, 1.779991),
    Modcod("8PSK 2/3", 6.62, 1.980636),
    Modcod("8PSK 3/4", 7.91, 2.228124),
    Modcod("8PSK 5/6", 9.35, 2.478562),
    Modcod("8PSK 8/9", 10.69, 2.646012),
    Modcod("8PSK 9/10", 10.98, 2.679207),
    Modcod("16APSK 2/3", 8.97, 2.637201),
    Modcod("16APSK 3/4", 10.21, 2.966728),
    Modcod("16APSK 4/5", 11.03, 3.165623),
    Modcod("16APSK 5/6", 11.61, 3.300184),
    Modcod("16APSK 8/9", 12.89, 3.523143),
    Modcod("16APSK 9/10", 13.13, 3.567342),
    Modcod("32APSK 3/4", 12.73, 3.703295),
    Modcod("32APSK 4/5", 13.64, 3.951571),
    Modcod("32APSK 5/6", 14.28, 4.119540),
    Modcod("32APSK 8/9", 15.69, 4.397854),
    Modcod("32APSK 9/10", 16.05, 4.453027),
)
"""all 28, in the order of the standard"""


def modcod_named(name: str) -> Modcod:
    """The modulation and coding of that name; :class:`InputError` where DVB-S2 has none."""
    for modcod in MODCODS:
        if modcod.name == name:
            return modcod
    raise InputError(f"DVB-S2 has no {name!r}", fix=f"One of {', '.join(m.name for m in MODCODS)}")


@dataclass(frozen=True)
class Acm:
    """Adaptive coding and modulation: how carefully the radio follows the signal."""

    margin_db: float = 2.0
    """kept above the threshold at all times, for what the budget does not know"""
    hysteresis_db: float = 0.5
    """more than that before stepping up, so that a flickering signal does not make the radio flicker"""
    modcods: tuple[Modcod, ...] = MODCODS
    """those that both ends can do; one: a radio of constant coding"""

    def __post_init__(self) -> None:
        if not self.modcods or self.hysteresis_db < 0.0:
            raise InputError(
                "adaptive coding needs at least one modulation and a hysteresis of 0 dB or more",
                fix="Leave modcods out for all 28; give hysteresis_db 0 or more",
            )

    @property
    def ladder(self) -> tuple[Modcod, ...]:
        """The steps worth taking, rising: no other has more data at the same or a weaker signal."""
        steps: list[Modcod] = []
        for modcod in sorted(self.modcods, key=lambda m: (m.es_n0_db, -m.bit_per_symbol)):
            if not steps or modcod.bit_per_symbol > steps[-1].bit_per_symbol:
                steps.append(modcod)
        return tuple(steps)


def steady_modcod(es_n0_db: npt.ArrayLike, acm: Acm, *, rising: bool = True) -> Whole:
    """Which step of ``acm.ladder`` holds at a signal? -1 where the link does not close.

    ``rising``: with the hysteresis to be overcome, what the radio has reached for certain; otherwise without, the most
    it may still keep.
    """
    need = np.array([m.es_n0_db for m in acm.ladder]) + acm.margin_db + (acm.hysteresis_db if rising else 0.0)
    return np.asarray(np.searchsorted(need, np.asarray(es_n0_db, np.float64), "right") - 1, np.int64)


def modcods_over_time(es_n0_db: npt.ArrayLike, acm: Acm) -> Whole:
    """Which step of ``acm.ladder`` is in use at each of a row of signals in time? -1: none.

    Starts as if rising. Steps down at once when the margin is lost, up only beyond the hysteresis.
    """
    signal_db = np.atleast_1d(np.asarray(es_n0_db, np.float64))
    least, most = steady_modcod(signal_db, acm), steady_modcod(signal_db, acm, rising=False)
    steps = np.empty(len(signal_db), np.int64)
    held = -1
    for k in range(len(signal_db)):
        held = min(max(held, int(least[k])), int(most[k]))
        steps[k] = held
    return steps
