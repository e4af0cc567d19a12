"""``swath design phase`` and ``swath design lifetime``: moving satellites, holding them up, bringing them down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.design_options import OrbitOptions
from swath.cli.design_shape import shape_for
from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.design.shapes import OrbitShape

__all__ = ["lifetime", "phase"]


def phase(
    *,
    shape: OrbitOptions | None = None,
    angle_deg: float = 180.0,
    days: list[float] | None = None,
    plane_deg: float | None = None,
    plane_offset_m: float = 50e3,
    plane_tilt_deg: float = 0.5,
    low_drag_m2_kg: float | None = None,
    high_drag_m2_kg: float | None = None,
    json: JsonOption = False,
) -> int:
    """What does it take to move a satellite along its orbit, and to move its plane?

    Example: swath design phase --altitude-m 500e3 --angle-deg 180 --days 10 --days 30

    swath design phase --altitude-m 500e3 --plane-deg 90

    Parameters
    ----------
    angle_deg
        Along the orbit, ahead.
    days
        That it may take; several are compared.
    plane_deg
        How far the plane is to drift as well.
    plane_offset_m
        Altitude off its sisters' while the plane drifts.
    plane_tilt_deg
        The same by inclination.
    low_drag_m2_kg
        Drag coefficient times area over mass edge on: spreading by drag alone, with --high-drag-m2-kg.
    high_drag_m2_kg
        The same face on.
    """
    from json import dumps
    from textwrap import fill

    from swath.design.altitudes import altitude_notes

    size = shape_for(shape or OrbitOptions())
    moves = _moves(size, angle_deg, days or [10.0, 30.0, 60.0])
    moves += _planes(size, plane_deg, plane_offset_m, plane_tilt_deg) if plane_deg is not None else []
    if (low_drag_m2_kg is None) != (high_drag_m2_kg is None):
        raise InputError("half of a difference", where="--low-drag-m2-kg", fix="Give both drag areas")
    if low_drag_m2_kg is not None and high_drag_m2_kg is not None:
        moves.append(_by_drag(size, angle_deg, low_drag_m2_kg, high_drag_m2_kg))
    notes = altitude_notes(size.sma_m)
    if json:
        print(dumps({"moves": moves, "warnings": notes}, indent=2, allow_nan=False))
        return 0
    print(f"{'MOVE':<26} {'DEG':>6} {'DAYS':>8} {'OFFSET':>10} {'m/s':>8}")
    for move in moves:
        tilt = f"{move['inclination_offset_deg']:+.2f} deg"
        offset = f"{move['altitude_offset_m'] / 1e3:+.2f} km" if move["altitude_offset_m"] else tilt
        cost = f"{move['delta_v_m_s']:.2f}"
        print(f"{move['move']:<26} {move['angle_deg']:6.1f} {move['days']:8.1f} {offset:>10} {cost:>8}")
        print(fill(move["because"], 78, initial_indent="  ", subsequent_indent="  "))
    for note in notes:
        print(f"swath: {note}", file=sys.stderr)
    return 0


def _move(name: str, angle_deg: float, drift: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {"move": name, "angle_deg": angle_deg, **asdict(drift)}


def _moves(size: OrbitShape, angle_deg: float, days: list[float]) -> list[dict[str, Any]]:
    from swath.design.drift import phasing

    return [_move("along the orbit", angle_deg, phasing(size, angle_deg, each)) for each in days]


def _planes(size: OrbitShape, angle_deg: float, offset_m: float, tilt_deg: float) -> list[dict[str, Any]]:
    from swath.design.drift import Drift, plane_change_m_s, plane_drift

    at_once = plane_change_m_s(size, angle_deg)
    return [
        _move("plane, by altitude", angle_deg, plane_drift(size, angle_deg, altitude_offset_m=offset_m)),
        _move("plane, by inclination", angle_deg, plane_drift(size, angle_deg, inclination_offset_deg=tilt_deg)),
        _move("plane, at once", angle_deg, Drift(0.0, 0.0, 0.0, at_once, "more than satellites carry fuel for")),
    ]


def _by_drag(size: OrbitShape, angle_deg: float, low_m2_kg: float, high_m2_kg: float) -> dict[str, Any]:
    from swath.design.drift import Drift, drag_phasing_days

    days, lost_m = drag_phasing_days(size, angle_deg, low_m2_kg, high_m2_kg)
    because = f"each sinks about {lost_m / 1e3:.1f} km; air of a mean Sun, tenfold more or less at 500 km"
    return _move("along, by drag alone", angle_deg, Drift(-lost_m, 0.0, days, 0.0, because))


def lifetime(
    *,
    altitude_m: list[float],
    drag_m2_kg: float,
    above: str = "equatorial",
    max_off_nadir_deg: float = 30.0,
    gsd_m: float | None = None,
    gsd_at_m: float = 500e3,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """What does an altitude give (width seen, pixel) and cost (years, drag, disposal)? Several are compared.

    Example: swath design lifetime --altitude-m 450e3 --altitude-m 550e3 --drag-m2-kg 0.022 --gsd-m 1.0

    Sun-synchronous circles. Air of a mean Sun in exponential layers (Vallado 2013, table 8-4).

    Parameters
    ----------
    altitude_m
        May be given several times.
    drag_m2_kg
        Drag coefficient times area over mass: 2.2 x 1 m2 / 100 kg is 0.022.
    above
        sma, equatorial or mean.
    max_off_nadir_deg
        How far the camera may look.
    gsd_m
        The pixel straight below from --gsd-at-m: the same camera is taken to every altitude.
    gsd_at_m
        Where the pixel is so large.
    out
        Write to this file instead: .json or .csv, .html.
    """
    from json import dumps

    from swath.cli.orbits import check_form, give_file
    from swath.report.page import answer_page

    check_form(out)
    rows = [_upkeep(each, above, drag_m2_kg, max_off_nadir_deg, gsd_m, gsd_at_m) for each in altitude_m]
    notes = ["air of a mean Sun (exponential layers, Vallado 2013, table 8-4); intervals 9 times in 10"]
    notes += [
        f"{row['altitude_m'] / 1e3:.0f} km: not down within 5 years by itself, as many rules want: plan the disposal"
        for row in rows
        if row["high_years"] > 5.0
    ]
    if out is not None:
        columns = list(rows[0])
        forms = {
            ".json": lambda: dumps({"altitudes": rows, "warnings": notes}, indent=2) + "\n",
            ".html": lambda: answer_page("Altitudes compared", rows, columns, notes={"warnings": notes}),
        }
        give_file(out, rows, columns, {"warnings": notes}, forms)
    if json:
        print(dumps({"altitudes": rows, "warnings": notes}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(rows)))
    for note in notes if not json else ():
        print(f"swath: {note}", file=sys.stderr)
    return 0


def _upkeep(
    altitude_m: float, above: str, drag_m2_kg: float, off_nadir_deg: float, gsd_m: float | None, gsd_at_m: float
) -> dict[str, Any]:
    from swath.design.altitudes import MEAN_RADIUS_M, semi_major_axis_m
    from swath.design.drift import upkeep
    from swath.design.sensors import reach_m
    from swath.design.shapes import sun_synchronous

    size = sun_synchronous(semi_major_axis_m(altitude_m, above))  # type: ignore[arg-type]
    mean_m, held = size.sma_m - MEAN_RADIUS_M, upkeep(size, drag_m2_kg)
    return {
        "altitude_m": altitude_m,
        "above": above,
        "inclination_deg": size.inclination_deg,
        "reach_m": reach_m(mean_m, off_nadir_deg),
        "gsd_m": None if gsd_m is None else gsd_m * altitude_m / gsd_at_m,
        "lifetime_years": held.lifetime_days / 365.25,
        "low_years": held.low_days / 365.25,
        "high_years": held.high_days / 365.25,
        "drag_m_s_year": held.drag_m_s_per_year,
        "sinking_m_day": held.sinking_m_per_day,
        "disposal_m_s": held.disposal_m_s,
        "because": held.because,
    }


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'ALT km':>7} {'INCL':>6} {'REACH km':>8} {'GSD m':>6} {'YEARS':>6} {'9 IN 10':>12} {'DRAG m/s/y':>10}"
    lines = [f"{head} {'m/day':>7} {'DOWN m/s':>9}"]
    for row in rows:
        gsd = "-" if row["gsd_m"] is None else f"{row['gsd_m']:.2f}"
        span = f"{row['low_years']:.1f} - {row['high_years']:.1f}"
        lines.append(
            f"{row['altitude_m'] / 1e3:7.1f} {row['inclination_deg']:6.2f} {row['reach_m'] / 1e3:8.0f} {gsd:>6} "
            f"{row['lifetime_years']:6.1f} {span:>12} {row['drag_m_s_year']:10.2f} {row['sinking_m_day']:7.1f} "
            f"{row['disposal_m_s']:9.0f}"
        )
    return lines
