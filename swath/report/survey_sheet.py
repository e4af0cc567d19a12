"""The sheet a pilot takes along: map, flights, batteries, times, and what was proven about the overlap."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from swath.survey.plan import Survey
from swath.time import format_utc

__all__ = ["survey_facts", "survey_json", "survey_sheet"]

Windows = Sequence[tuple[np.datetime64, np.datetime64]]

_FLIGHTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""told apart by the colour-blind (Okabe and Ito)"""
_MB_PER_MPX = 0.55
"""of a JPEG of fine quality: 5 to 6 bits a pixel; a guess of +-40 %"""


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def survey_facts(survey: Survey, sun: Windows) -> list[tuple[str, str]]:
    """What to know before take-off: name and value of each fact."""
    ask, camera, proof = survey.ask, survey.ask.drone.camera, survey.proof
    mb = proof.photos * camera.image_width_px * camera.image_height_px / 1e6 * _MB_PER_MPX
    wait_s = survey.trigger_m / survey.speed_m_s
    batteries = _count(len(survey.flights), "battery", "batteries")
    drones = _count(ask.limits.drones, "drone", "drones")
    rows = [
        ("Drone", ask.drone.name),
        ("Area", f"{ask.where.area.area / 1e4:.2f} ha"),
        ("Pixel", f"{ask.gsd_m * 100:.2f} cm from {survey.height_m:.0f} m above the ground"),
        ("Lines", f"{survey.lines}, {survey.line_spacing_m:.1f} m apart, towards {survey.direction_deg:.0f} deg"),
        (
            "Photos",
            f"{proof.photos}, every {survey.trigger_m:.1f} m ({wait_s:.1f} s); about {mb / 1e3:.1f} GB (+-40 %)",
        ),
        (
            "Overlap",
            f"{proof.front_share:.0%} ahead, {proof.side_share:.0%} beside at least by simulated flight; "
            f"{ask.overlap.front_share:.0%}, {ask.overlap.side_share:.0%} asked",
        ),
        ("Covered", f"{proof.once_share:.1%} of the area; {proof.seen_share:.1%} on three photos or more"),
        ("Speed", f"{survey.speed_m_s:.1f} m/s; wind up to {ask.limits.wind_m_s:g} m/s planned for"),
        ("Height", f"at most {ask.limits.highest_m:g} m above the ground"),
        ("Time", f"{_minutes(survey.duration_s)}; {batteries}, {drones}"),
        ("Reserve", f"{ask.limits.reserve_share:.0%} of each battery is not planned for"),
        ("Take-off", "{1:.6f} N, {0:.6f} E".format(*ask.plane.to_deg(ask.where.take_off))),
    ]
    if sun:
        spans = ", ".join(f"{format_utc(a)[:16]}Z to {format_utc(b)[11:16]}Z" for a, b in sun)
        rows.append(("Sun", f"high enough {spans}"))
    return rows


def survey_json(survey: Survey, title: str, sun: Windows) -> dict[str, Any]:
    """The survey as numbers, see docs/reference/schemas/survey.schema.json."""
    ask, proof = survey.ask, survey.proof
    lon, lat = ask.plane.to_deg(ask.where.take_off)
    return {
        "survey": title,
        "drone": ask.drone.name,
        "area_m2": float(ask.where.area.area),
        "gsd_m": ask.gsd_m,
        "height_m": survey.height_m,
        "lines": survey.lines,
        "fewest_lines": survey.fewest_lines,
        "line_spacing_m": survey.line_spacing_m,
        "direction_deg": survey.direction_deg,
        "trigger_m": survey.trigger_m,
        "speed_m_s": survey.speed_m_s,
        "duration_s": survey.duration_s,
        "take_off": {"lon_deg": float(lon), "lat_deg": float(lat)},
        "flights": [
            {
                "drone": flight.drone + 1,
                "length_m": flight.length_m,
                "duration_s": flight.duration_s,
                "battery_share": flight.battery_share,
                "waypoints": len(flight.waypoints),
            }
            for flight in survey.flights
        ],
        "proof": {
            "photos": proof.photos,
            "front_share": proof.front_share,
            "side_share": proof.side_share,
            "once_share": proof.once_share,
            "seen_share": proof.seen_share,
        },
        "sun": [{"start": format_utc(a), "stop": format_utc(b)} for a, b in sun],
        "because": list(survey.because),
    }


def survey_sheet(survey: Survey, title: str, sun: Windows, made: str, *, form: str = "pdf") -> bytes:
    """One A4 page, as ``pdf`` or ``png``."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(8.27, 11.69), dpi=110)
    try:
        figure.text(0.07, 0.955, title, fontsize=17, weight="bold")
        figure.text(
            0.07, 0.937, f"Drone survey, planned {made} by swath. Check airspace and law before you fly.", fontsize=9
        )
        axis = figure.add_axes((0.07, 0.43, 0.86, 0.49))
        _map(axis, survey)
        facts = figure.add_axes((0.07, 0.05, 0.55, 0.36))
        facts.axis("off")
        for i, (name, value) in enumerate(survey_facts(survey, sun)):
            y = 0.97 - i * 0.078
            facts.text(0.0, y, name, fontsize=9, weight="bold", va="top")
            facts.text(0.17, y, value, fontsize=9, va="top", wrap=True)
        table = figure.add_axes((0.66, 0.05, 0.27, 0.36))
        _flights(table, survey)
        out = io.BytesIO()
        figure.savefig(
            out, format=form, metadata={"Title": title} if form == "pdf" else {"Title": title, "Software": "swath"}
        )
    finally:
        plt.close(figure)
    return out.getvalue()


def _map(axis: Any, survey: Survey) -> None:
    where = survey.ask.where
    for part in shapely.get_parts(where.area):
        for ring in (part.exterior, *part.interiors):
            axis.plot(*shapely.get_coordinates(ring).T, color="#333333", lw=1.4, zorder=3)
        axis.fill(*shapely.get_coordinates(part.exterior).T, color="#f3efe2", zorder=0)
        for hole in part.interiors:
            axis.fill(*shapely.get_coordinates(hole).T, color="#ffffff", hatch="xxx", ec="#aa3333", lw=0.0, zorder=1)
    if not survey.ask.terrain.is_level():
        _contours(axis, survey)
    for number, flight in enumerate(survey.flights, 1):
        path = np.array([(w.east_m, w.north_m) for w in flight.waypoints])
        color = _FLIGHTS[(number - 1) % len(_FLIGHTS)]
        axis.plot(*path.T, color=color, lw=1.1, label=f"flight {number}", zorder=4)
        axis.annotate(
            "",
            path[2] if len(path) > 2 else path[1],
            path[0],
            arrowprops={"arrowstyle": "->", "color": color},
            zorder=5,
        )
    axis.plot(*survey.photos[:, :2].T, ".", color="#222222", ms=1.6, zorder=4, label=f"{len(survey.photos)} photos")
    axis.plot(*where.take_off, marker="^", ms=10, color="#111111", mec="white", ls="none", zorder=6, label="take-off")
    axis.set_aspect("equal")
    axis.margins(0.06)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.legend(loc="upper left", fontsize=8, ncols=min(len(survey.flights) + 2, 5), framealpha=0.9)
    _scale(axis)


def _contours(axis: Any, survey: Survey) -> None:
    terrain = survey.ask.terrain
    rows, columns = terrain.height_m.shape
    x, y = terrain.west_m + np.arange(columns) * terrain.step_m, terrain.south_m + np.arange(rows) * terrain.step_m
    left, bottom, right, top = survey.ask.where.area.bounds
    i, j = (y > bottom - 40.0) & (y < top + 40.0), (x > left - 40.0) & (x < right + 40.0)
    if i.sum() > 1 and j.sum() > 1:
        lines = axis.contour(x[j], y[i], terrain.height_m[np.ix_(i, j)], 10, colors="#b08d57", linewidths=0.5, zorder=2)
        axis.clabel(lines, fontsize=6, fmt="%.0f m")


def _scale(axis: Any) -> None:
    """A bar below on the right, north below on the left."""
    left, right = axis.get_xlim()
    bottom, top = axis.get_ylim()
    tall, wide = top - bottom, right - left
    axis.set_ylim(bottom - 0.07 * tall, top + 0.05 * tall)
    nice = 10.0 ** math.floor(math.log10(wide / 4.0))
    length = max(k * nice for k in (1, 2, 5) if k * nice <= wide / 4.0)
    x, y = right - 0.04 * wide - length, bottom - 0.04 * tall
    axis.plot([x, x + length], [y, y], color="#111111", lw=3, solid_capstyle="butt", zorder=7)
    axis.text(x - 0.015 * wide, y, f"{length:.0f} m", ha="right", va="center", fontsize=8, zorder=7)
    x = left + 0.04 * wide
    axis.annotate(
        "", (x, y + 0.025 * tall), (x, y - 0.025 * tall), arrowprops={"arrowstyle": "-|>", "color": "#111111"}
    )
    axis.text(x + 0.015 * wide, y, "N", va="center", fontsize=9, weight="bold")


def _flights(axis: Any, survey: Survey) -> None:
    axis.axis("off")
    rows = [
        (str(i), str(f.drone + 1), _minutes(f.duration_s), f"{f.battery_share:.0%}")
        for i, f in enumerate(survey.flights, 1)
    ]
    shown = rows[:16]
    axis.text(0.0, 0.97, "Flights", fontsize=9, weight="bold", va="top")
    for k, head in enumerate(("no", "drone", "time", "battery")):
        axis.text((0.0, 0.14, 0.36, 0.76)[k], 0.91, head, fontsize=8, color="#555555", va="top")
    for i, row in enumerate(shown):
        for k, text in enumerate(row):
            axis.text((0.0, 0.14, 0.36, 0.76)[k], 0.86 - i * 0.05, text, fontsize=8, va="top")
    if len(rows) > len(shown):
        axis.text(0.0, 0.86 - len(shown) * 0.05, f"and {len(rows) - len(shown)} more", fontsize=8, va="top")
