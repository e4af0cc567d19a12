"""The sheet for photos round a structure: seen from above and from the side, with what to know before take-off."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import shapely

from swath.survey.around import Around

__all__ = ["around_facts", "around_json", "around_sheet"]

_BLUE, _ORANGE, _INK = "#0072b2", "#d55e00", "#222222"
"""told apart by the colour-blind (Okabe and Ito)"""


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def around_facts(around: Around) -> list[tuple[str, str]]:
    """What to know before take-off: name and value of each fact."""
    ask, seen = around.ask, around.seen
    rings = ", ".join(f"{h:.0f} m ({p:+.0f} deg)" for h, p in zip(around.rings_m, around.pitches_deg, strict=True))
    lon_deg, lat_deg = ask.plane.to_deg(np.array(ask.take_off))
    batteries = "1 battery" if len(around.flights) == 1 else f"{len(around.flights)} batteries"
    return [
        ("Drone", ask.drone.name),
        ("Structure", f"{ask.height_m:g} m high, outline of {ask.footprint.area:,.0f} m2"),
        ("Pixel", f"{ask.drone.camera.gsd_m(around.distance_m) * 100:.2f} cm from {around.distance_m:.1f} m away"),
        ("Rings", f"{rings}"),
        ("Photos", f"{len(around.photos)}, every {around.spacing_m:.1f} m, facing the structure"),
        ("Seen", f"{seen.once_share:.1%} of the walls, {seen.thrice_share:.1%} on three photos or more, by ray"),
        ("Speed", f"{around.speed_m_s:.1f} m/s; wind up to {ask.limits.wind_m_s:g} m/s planned for"),
        ("Time", f"{_minutes(around.duration_s)}; {batteries}"),
        ("Reserve", f"{ask.limits.reserve_share:.0%} of each battery is not planned for"),
        ("Take-off", f"{lat_deg:.6f} N, {lon_deg:.6f} E"),
    ]


def around_json(around: Around, title: str) -> dict[str, Any]:
    """The plan as numbers."""
    ask = around.ask
    lonlat = ask.plane.to_deg(np.array([(p.east_m, p.north_m) for p in around.photos]))
    take_off = ask.plane.to_deg(np.array(ask.take_off))
    return {
        "survey": title,
        "pattern": "orbit",
        "drone": ask.drone.name,
        "structure_m": ask.height_m,
        "gsd_m": ask.drone.camera.gsd_m(around.distance_m),
        "distance_m": around.distance_m,
        "rings": [{"height_m": h, "pitch_deg": p} for h, p in zip(around.rings_m, around.pitches_deg, strict=True)],
        "spacing_m": around.spacing_m,
        "speed_m_s": around.speed_m_s,
        "duration_s": around.duration_s,
        "take_off": {"lon_deg": float(take_off[0]), "lat_deg": float(take_off[1])},
        "photos": [
            {
                "lon_deg": round(float(at[0]), 7), "lat_deg": round(float(at[1]), 7),
                "altitude_m": round(p.altitude_m, 2), "heading_deg": round(p.heading_deg, 2),
                "pitch_deg": round(p.pitch_deg, 2), "ring": p.ring,
            }
            for at, p in zip(lonlat, around.photos, strict=True)
        ],
        "flights": [
            {"drone": f.drone + 1, "length_m": f.length_m, "duration_s": f.duration_s, "battery_share": f.battery_share}
            for f in around.flights
        ],
        "seen": {"once_share": around.seen.once_share, "thrice_share": around.seen.thrice_share},
        "because": list(around.because),
    }  # fmt: skip


def around_sheet(around: Around, title: str, made: str, *, form: str = "pdf") -> bytes:
    """One A4 page, as ``pdf`` or ``png``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.27, 11.69), dpi=110)
    FigureCanvasAgg(figure)
    figure.text(0.07, 0.955, title, fontsize=17, weight="bold")
    said = f"Photos round a structure, planned {made} by swath. Check airspace and law before you fly."
    figure.text(0.07, 0.937, said, fontsize=9)
    _above(figure.add_axes((0.08, 0.50, 0.84, 0.42)), around)
    _aside(figure.add_axes((0.10, 0.29, 0.80, 0.17)), around)
    facts = figure.add_axes((0.07, 0.02, 0.86, 0.22))
    facts.axis("off")
    for i, (name, value) in enumerate([*around_facts(around), *(("Note", why) for why in around.because)]):
        facts.text(0.0, 0.98 - i * 0.092, name, fontsize=9, weight="bold", va="top")
        facts.text(0.13, 0.98 - i * 0.092, value, fontsize=9, va="top")
    out = io.BytesIO()
    figure.savefig(out, format=form, metadata={"Title": title} if form == "pdf" else {"Software": "swath"})
    return out.getvalue()


def _above(axis: Any, around: Around) -> None:
    for part in shapely.get_parts(around.ask.footprint):
        axis.fill(*shapely.get_coordinates(part.exterior).T, color="#d9d4c5", ec=_INK, lw=1.2, zorder=1)
    level = [p for p in around.photos if p.pitch_deg > -45.0]
    above = [p for p in around.photos if p.pitch_deg <= -45.0]
    for photos, color, words in ((level, _BLUE, "level"), (above, _ORANGE, "from above, 45 deg down")):
        if not photos:
            continue
        at = np.array([(p.east_m, p.north_m) for p in photos])
        turn = np.radians([p.heading_deg for p in photos])
        long = 0.16 * around.distance_m
        axis.quiver(
            *at.T, np.sin(turn) * long, np.cos(turn) * long, angles="xy", scale_units="xy", scale=1.0, width=0.0022,
            color=color, zorder=2,
        )  # fmt: skip
        axis.plot(*at.T, ".", color=color, ms=4, zorder=3, label=f"{len(photos)} photos, {words}")
    for flight in around.flights:
        path = np.array([(w.east_m, w.north_m) for w in flight.waypoints])
        axis.plot(*path.T, color="#888888", lw=0.5, zorder=0)
    axis.plot(*around.ask.take_off, marker="^", ms=10, color=_INK, mec="white", ls="none", zorder=4, label="take-off")
    axis.set_aspect("equal")
    axis.margins(0.08)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.legend(loc="lower left", fontsize=8, framealpha=0.9)
    left, right = axis.get_xlim()
    bottom, top = axis.get_ylim()
    raw = (right - left) / 4.0
    nice = 10.0 ** math.floor(math.log10(raw))
    length = max(k * nice for k in (1, 2, 5) if k * nice <= raw)
    x, y = right - 0.05 * (right - left) - length, bottom + 0.05 * (top - bottom)
    axis.plot([x, x + length], [y, y], color=_INK, lw=3, solid_capstyle="butt")
    axis.text(x + length / 2.0, y + 0.012 * (top - bottom), f"{length:g} m", ha="center", va="bottom", fontsize=8)
    axis.annotate("N", (0.96, 0.97), (0.96, 0.90), xycoords="axes fraction", ha="center", fontsize=9, weight="bold",
                  arrowprops={"arrowstyle": "-|>", "color": _INK})  # fmt: skip


def _aside(axis: Any, around: Around) -> None:
    """Height above the ground against distance from the wall, one side of it."""
    ask = around.ask
    axis.fill([0, 0, -0.15 * around.distance_m, -0.15 * around.distance_m], [0, ask.height_m, ask.height_m, 0],
              color="#d9d4c5", ec=_INK, lw=1.2)  # fmt: skip
    half = math.atan(ask.drone.camera.tan_along)
    for height, pitch in zip(around.rings_m, around.pitches_deg, strict=True):
        aside = around.distance_m * (math.cos(math.radians(pitch)) if pitch <= -45.0 else 1.0)
        color = _ORANGE if pitch <= -45.0 else _BLUE
        for edge in (math.radians(pitch) - half, math.radians(pitch) + half):
            axis.plot([aside, 0.0], [height, height + aside * math.tan(edge)], color=color, lw=0.7, alpha=0.7)
        axis.plot([aside], [height], "o", color=color, ms=5)
        axis.text(aside + 0.02 * around.distance_m, height, f"{height:.0f} m", fontsize=8, va="center")
    axis.axhline(0.0, color=_INK, lw=1.0)
    axis.axhline(ask.limits.highest_m, color="#aa3333", lw=0.8, ls="--")
    axis.text(0.0, ask.limits.highest_m, f" limit {ask.limits.highest_m:g} m", fontsize=8, color="#aa3333", va="bottom")
    axis.set_xlabel("metres from the wall", fontsize=8)
    axis.set_ylabel("metres up", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.set_ylim(-2.0, ask.limits.highest_m * 1.12)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
