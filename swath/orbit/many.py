"""Where many satellites are over the turning Earth at the same times, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.frames import EarthOrientation, itrf_from_teme, itrf_from_teme_matrices
from swath.model import Elements
from swath.orbit.ephemeris import TabulatedEphemeris, even_times, good_step_s, reentry, table_of
from swath.orbit.sgp4 import propagate_many
from swath.orbit.table_kernels import turned
from swath.orbit.uncertainty import check_age

__all__ = ["states_of_many", "tabulate_many"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def states_of_many(
    elements: Sequence[Elements], at: Times, eop: EarthOrientation
) -> tuple[Floats, Floats, dict[int, str]]:
    """ITRF positions (m) and Earth-fixed velocities (m/s) ``(n - failed, m, 3)`` at ``(m,)`` UTC times.

    The same states as :class:`~swath.orbit.ephemeris.Sgp4Ephemeris` gives one by one, in the order of the sets. A set
    that it would raise :class:`DataError` for (30 days from its epoch, decayed) leaves no rows: its number and the
    reason come back instead. Raises :class:`DataError` for times outside the Earth orientation data.
    """
    times = np.asarray(at, "datetime64[ns]").ravel()
    r_teme_m, v_teme_m_s, failed = _carried(elements, times)
    r_itrf_m, v_itrf_m_s = itrf_from_teme(r_teme_m, v_teme_m_s, at=times, eop=eop)
    return r_itrf_m, v_itrf_m_s, failed


def tabulate_many(
    elements: Mapping[str, Elements], start: np.datetime64, stop: np.datetime64, eop: EarthOrientation
) -> tuple[list[TabulatedEphemeris], dict[str, str]]:
    """Tables of many satellites from start to stop, and why each that has none has none, by name.

    In the order given, each with its :func:`~swath.orbit.ephemeris.good_step_s`; about 1.5 us a state on one core.
    Failures are those of :func:`states_of_many`. Raises :class:`InputError` for an empty span, and :class:`DataError`
    outside the Earth orientation data.
    """
    kinds: dict[float, list[str]] = {}
    for name, one in elements.items():
        kinds.setdefault(good_step_s(one), []).append(name)
    tables: dict[str, TabulatedEphemeris] = {}
    refused: dict[str, str] = {}
    for most_s, names in kinds.items():
        at, step_s = even_times(start, stop, most_s)
        turn = itrf_from_teme_matrices(at, eop)
        r_teme_m, _, failed = _carried([elements[name] for name in names], at)
        refused |= {names[number]: why for number, why in failed.items()}
        for name, r in zip([name for name in names if name not in refused], r_teme_m, strict=True):
            tables[name] = table_of(name, start, step_s, turned(turn, r))
    return [tables[name] for name in elements if name in tables], refused


def _carried(elements: Sequence[Elements], times: Times) -> tuple[Floats, Floats, dict[int, str]]:
    """TEME states of the sets that are fit for all the times, and what is wrong with each of the others."""
    failed: dict[int, str] = {}
    for number, one in enumerate(elements) if times.size else ():
        try:
            check_age(one, times.min(), times.max())
        except DataError as error:
            failed[number] = error.what
    asked = [number for number in range(len(elements)) if number not in failed]
    r_teme_m, v_teme_m_s, lost = propagate_many([elements[number] for number in asked], times)
    failed |= {asked[number]: why for number, why in lost.items()}
    carried = [number for number in asked if number not in failed]
    fell = {row: why for row, number in enumerate(carried) if (why := reentry(elements[number], r_teme_m[row], times))}
    if fell:
        failed |= {carried[row]: why for row, why in fell.items()}
        kept = [row for row in range(len(carried)) if row not in fell]
        r_teme_m, v_teme_m_s = r_teme_m[kept], v_teme_m_s[kept]
    return r_teme_m, v_teme_m_s, failed
