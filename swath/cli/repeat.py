"""``swath orbit repeat`` and ``swath orbit lifetime``: when a track comes back, and when the satellite comes down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swath.cli.options import ElementsOption, JsonOption, OutOption, SatelliteOption
from swath.errors import DataError

if TYPE_CHECKING:
    from swath.orbit.orbits import Orbit

__all__ = ["lifetime", "repeat"]

_REPEAT = (
    *("satellite", "orbits", "nodal_days", "shift_m", "nodal_period_s", "mean_local_time_h", "apparent_local_time_h"),
    "epoch",
)
_LIFETIME = (
    *("satellite", "perigee_m", "apogee_m", "sinking_m_day", "days", "low_days", "high_days", "reentry"),
    *("earliest", "latest", "because"),
)


def repeat(
    *,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    max_days: int = 60,
    max_shift_m: float = 10_000.0,
    out: OutOption = None,
    json: JsonOption = False,
) -> int:
    """After how many orbits and days does each ground track repeat, and at what local time is the node?

    Example: swath orbit repeat --elements fleet.tle --satellite 39084

    Parameters
    ----------
    max_days
        The longest cycle to look for.
    max_shift_m
        A track repeats if it comes back to within so many metres at the equator.
    """
    from swath.cli.orbits import check_form, give

    check_form(out)
    if not 1 <= max_days <= 1000 or not max_shift_m > 0.0:
        from swath.errors import InputError

        raise InputError(f"{max_days} days and {max_shift_m:g} m", where="--max-days", fix="Give 1 to 1000, and metres")
    asked, rows = _each(elements, satellite, "repeat", lambda name, one: _repeat(name, one, max_days, max_shift_m))
    give("repeats", rows, _repeat_lines(rows), asked, out=out, as_json=json, columns=_REPEAT, title="Repeat cycles")
    return 0


def _each(
    elements: str | None, satellite: list[str] | None, title: str, question: Any
) -> tuple[Any, list[dict[str, Any]]]:
    """Ask each satellite's newest elements."""
    import numpy as np

    from swath.cli.orbits import ask_each, asked_for

    newest = np.datetime64("2200-01-01", "ns")
    asked = asked_for(elements, satellite or [], newest, newest)
    return asked, ask_each(asked, title, question, ())


def _elements(name: str, orbit: Orbit) -> Any:
    if orbit.elements is None:
        raise DataError(f"{name} is published as positions", where=orbit.source, fix="Give mean elements: TLE or OMM")
    return orbit.elements


def _repeat(name: str, orbit: Orbit, max_days: int, max_shift_m: float) -> dict[str, Any]:
    from swath.orbit.node import local_times_of_node, nodal_period_s
    from swath.orbit.repeat import repeat_cycle
    from swath.sources.eop import packaged_eop
    from swath.time import format_utc

    one = _elements(name, orbit)
    cycle = repeat_cycle(one, max_days=max_days, max_shift_m=max_shift_m)
    mean, apparent = local_times_of_node(one, one.epoch, packaged_eop())
    orbits, days, shift_m = cycle or (None, None, None)
    return {
        "satellite": name,
        "orbits": orbits,
        "nodal_days": days,
        "shift_m": shift_m,
        "nodal_period_s": nodal_period_s(one),
        "mean_local_time_h": float(mean),
        "apparent_local_time_h": float(apparent),
        "epoch": format_utc(one.epoch, decimals=3),
    }


def _repeat_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<24} {'ORBITS':>6} {'DAYS':>4} {'SHIFT km':>8} {'PERIOD s':>9} {'NODE AT, MEAN SUN':>17}"
    return [
        head,
        *(
            f"{row['satellite'][:24]:<24} {row['orbits'] or '-':>6} {row['nodal_days'] or '-':>4} "
            f"{'-' if row['shift_m'] is None else format(row['shift_m'] / 1e3, '.1f'):>8} "
            f"{row['nodal_period_s']:9.2f} {_clock(row['mean_local_time_h']):>17}"
            for row in rows
        ),
    ]


def _clock(hours: float) -> str:
    minutes = round(hours * 60.0) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def lifetime(
    *,
    elements: ElementsOption = None,
    satellite: SatelliteOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> int:
    """How fast does each orbit sink, and when will the satellite re-enter if nobody lifts it? Roughly.

    Example: swath orbit lifetime --elements fleet.tle

    """
    from swath.cli.orbits import check_form, give

    check_form(out)
    asked, rows = _each(elements, satellite, "lifetime", _lifetime)
    give("lifetimes", rows, _lifetime_lines(rows), asked, out=out, as_json=json, columns=_LIFETIME)
    return 0


def _lifetime(name: str, orbit: Orbit) -> dict[str, Any]:
    from swath.orbit.decay import lifetime as days_left
    from swath.orbit.decay import sinking_m_day
    from swath.time import format_utc, seconds

    one = _elements(name, orbit)
    guess = days_left(one)
    axis_m = (3.986008e14 / (one.mean_motion_rev_day * 2.0 * 3.141592653589793 / 86400.0) ** 2) ** (1.0 / 3.0)
    times = {
        key: format_utc(one.epoch + seconds(days * 86400.0))
        for key, days in (("reentry", guess.days), ("earliest", guess.low_days), ("latest", guess.high_days))
        if days < 36525.0
    }
    return {
        "satellite": name,
        "perigee_m": axis_m * (1.0 - one.eccentricity) - 6378135.0,
        "apogee_m": axis_m * (1.0 + one.eccentricity) - 6378135.0,
        "sinking_m_day": sinking_m_day(one),
        "days": guess.days,
        "low_days": guess.low_days,
        "high_days": guess.high_days,
        **{key: times.get(key) for key in ("reentry", "earliest", "latest")},
        "because": guess.because,
    }


def _lifetime_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<24} {'PERIGEE km':>10} {'SINKS m/day':>11} {'RE-ENTRY':>10} {'EARLIEST':>10} {'LATEST':>10}"
    return [
        head,
        *(
            f"{row['satellite'][:24]:<24} {row['perigee_m'] / 1e3:10.0f} {row['sinking_m_day']:11.1f} "
            + " ".join(f"{(row[key] or '> 100 yr')[:10]:>10}" for key in ("reentry", "earliest", "latest"))
            for row in rows
        ),
    ]
