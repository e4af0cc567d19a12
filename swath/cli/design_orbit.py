"""``swath design orbit``: element sets of orbits and constellations that do what is asked of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.design_options import OrbitOptions
from swath.cli.design_shape import parse_clock_h, shape_for, whole_numbers
from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.design.shapes import OrbitShape
    from swath.model import Elements

__all__ = ["LATER_S", "check_sets", "orbit", "orbit_rows", "write_sets"]

_FORMS = (".json", ".xml", ".kvn", ".csv", ".tle")


def orbit(
    *,
    epoch: str,
    shape: OrbitOptions | None = None,
    local_time: str | None = None,
    raan_deg: float | None = None,
    phase_deg: float = 0.0,
    walker: str | None = None,
    star: bool = False,
    train: int | None = None,
    spacing_s: float = 60.0,
    same_track: bool = False,
    half_field_deg: float | None = None,
    name: str = "design",
    add: Path | None = None,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Which element sets fly the orbit or constellation that is asked for?

    Example: swath design orbit --repeat 143/10 --local-time 22:30 --walker 2/1/0 --epoch 2027-01-01T00:00:00Z

    swath design orbit --altitude-m 600e3 --inclination-deg 53 --walker 12/3/1 --epoch 2027-01-01T00:00:00Z --out w.json

    Parameters
    ----------
    epoch
        Of the sets, ISO 8601 with Z.
    local_time
        HH:MM of the ascending node, by the mean Sun, at the epoch.
    raan_deg
        Right ascension of the ascending node, instead of a local time.
    phase_deg
        How far past its ascending node the first satellite is.
    walker
        TOTAL/PLANES/PHASING: even planes, even places.
    star
        Planes over half of the equator: up on one side, down on the other.
    train
        So many satellites, one behind the other.
    spacing_s
        Of a train.
    same_track
        Of a train: over the same ground, each in a plane of its own.
    half_field_deg
        Planes and places follow from how far each looks from its nadir: streets of coverage, seen everywhere always.
    name
        Of the satellites; a number is put behind it.
    add
        Satellites that fly as well: a file of element sets that goes before them.
    out
        Write the sets: .json .xml .kvn .csv (OMM) or .tle; every other command reads them.
    """
    from swath.design.patterns import plane_of
    from swath.time import parse_utc

    at = parse_utc(epoch, where="--epoch")
    check_sets(out)
    size = shape_for(shape or OrbitOptions())
    hours = parse_clock_h(local_time) if local_time is not None else None
    raan_deg = 0.0 if raan_deg is None and hours is None else raan_deg
    plane_deg = plane_of(at, raan_deg=raan_deg, local_time_h=hours)
    pattern = _pattern(size, walker, star, half_field_deg)
    made = _fleet(size, pattern, plane_deg, at, (name, phase_deg, star), (train, spacing_s, same_track))
    notes = _FROZEN if shape is not None and shape.frozen else ()
    _give(_joined(_flying(add), made), at, size, notes, out, json)
    return 0


def _give(
    fleet: list[Elements], at: np.datetime64, size: OrbitShape, notes: Sequence[str], out: Path | None, as_json: bool
) -> None:
    from json import dumps

    from swath.design.altitudes import altitude_notes
    from swath.design.drift import air_notes

    said = [*altitude_notes(size.sma_m), *air_notes(size, _SOON_DAYS), *notes]
    if out is not None:
        write_sets(out, fleet)
        print(f"{len(fleet)} satellites -> {out}", file=sys.stderr)
    rows = orbit_rows(fleet, at)
    if as_json:
        print(dumps({"orbits": rows, "warnings": said}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(rows)))
    for note in said if not as_json else ():
        print(f"swath: {note}", file=sys.stderr)


LATER_S = 1234.567891
"""the sets are written for a moment so long after ``--epoch``: one of noon or midnight, or with whole angles, would be
taken for invented by every reader of published sets, here as elsewhere"""
_SOON_DAYS = 90.0
"""an orbit that may decay within so many days is said to"""
_FROZEN = (
    "the frozen eccentricity is that of the real Earth; SGP4, which reads these sets, knows J3 only and lets it swing",
)


def check_sets(out: Path | None) -> None:
    """Can element sets be written there, by its ending and its folder?"""
    if out is not None and out.suffix.lower() not in _FORMS:
        ending = out.suffix or "a file without an ending"
        raise InputError(f"cannot write {ending}", where=str(out), fix=f"Use {' '.join(_FORMS)}")
    if out is not None and not out.parent.is_dir():
        raise InputError("its folder does not exist", where=str(out), fix="Make the folder first")


def _pattern(shape: OrbitShape, walker: str | None, star: bool, half_field_deg: float | None) -> tuple[int, int, int]:
    """Total, planes, phasing."""
    from swath.design.altitudes import MEAN_RADIUS_M
    from swath.design.patterns import ground_half_angle_deg, streets_needed

    if walker is not None and half_field_deg is not None:
        raise InputError("two patterns", where="--half-field-deg", fix="Give --walker or --half-field-deg")
    if half_field_deg is not None:
        if not star:
            fix = "Add --star: streets lie over half of the equator"
            raise InputError("streets of coverage without --star", where="--half-field-deg", fix=fix)
        if not 0.0 < half_field_deg < 90.0:
            raise InputError(f"{half_field_deg:g}", where="--half-field-deg", fix="Give more than 0, less than 90")
        planes, each = streets_needed(ground_half_angle_deg(shape.sma_m - MEAN_RADIUS_M, half_field_deg))
        return planes * each, planes, planes // 2
    if walker is None:
        return 1, 1, 0
    total, planes, phasing = whole_numbers(walker, 3, "--walker", "12/3/1")
    return total, planes, phasing


def _fleet(
    shape: OrbitShape,
    pattern: tuple[int, int, int],
    raan_deg: float,
    at: np.datetime64,
    named: tuple[str, float, bool],
    following: tuple[int | None, float, bool],
) -> list[Elements]:
    from dataclasses import replace

    from swath.design.patterns import train, walker

    name, phase_deg, star = named
    count, spacing_s, same_track = following
    fleet = walker(
        shape,
        *pattern,
        raan_deg=raan_deg,
        epoch=at,
        pattern="star" if star else "delta",
        phase_deg=phase_deg,
        name=name,
    )
    if count is None:
        return fleet
    if len(fleet) > 1:
        raise InputError("a train of a constellation", where="--train", fix="Make the parts apart and join by --add")
    return train(replace(fleet[0], name=name), count, spacing_s=spacing_s, same_track=same_track)


def _flying(add: Path | None) -> list[Elements]:
    if add is None:
        return []
    from swath.cli.design_fleet import read_fleet

    return read_fleet(str(add), [])


def _joined(flying: list[Elements], made: list[Elements]) -> list[Elements]:
    """With numbers and names that no two share: readers tell satellites apart by them."""
    from dataclasses import replace

    from swath.design.motion import carried

    number = max([98_999, *(one.norad_id for one in flying if one.norad_id >= 99_000)]) + 1
    taken = {one.name for one in flying}
    if twice := [one.name for one in made if one.name in taken]:
        raise InputError(f"{twice[0]} flies already", where="--name", fix="Give the new ones another --name")
    return [*flying, *(carried(replace(one, norad_id=number + place), LATER_S) for place, one in enumerate(made))]


def write_sets(out: Path, fleet: list[Elements]) -> None:
    """Writes element sets in the form that the ending names, whole or not at all."""
    from swath.cli.orbits import now
    from swath.orbit.element_text import elements_text

    part = out.with_name(out.name + ".part")
    try:
        part.write_text(elements_text(fleet, out.suffix.lower()[1:], created=now()), encoding="utf-8", newline="")
        part.replace(out)
    except OSError as error:
        raise InputError(f"cannot write it: {error.strerror}", where=str(out), fix="Choose another place") from error


def orbit_rows(fleet: list[Elements], at: np.datetime64) -> list[dict[str, Any]]:
    """One row a satellite: its orbit in every reading of altitude, its plane, phase, period and repeat."""
    from swath.design.altitudes import MEAN_RADIUS_M
    from swath.design.motion import carried
    from swath.design.planes import local_time_h, local_time_rate_h_year
    from swath.design.shapes import period_s, shape_of
    from swath.frames import WGS84_A_M
    from swath.orbit.repeat import repeat_cycle
    from swath.time import elapsed_s, format_utc

    rows = []
    for one in fleet:
        shape = shape_of(one)
        cycle = repeat_cycle(one, max_days=30, max_shift_m=1_000.0)
        then = carried(one, float(elapsed_s(one.epoch, at)))
        rows.append(
            {
                "satellite": one.name,
                "sma_m": shape.sma_m,
                "above_equatorial_m": shape.sma_m - WGS84_A_M,
                "above_mean_m": shape.sma_m - MEAN_RADIUS_M,
                "inclination_deg": one.inclination_deg,
                "eccentricity": one.eccentricity,
                "argument_of_perigee_deg": one.argument_of_perigee_deg,
                "raan_deg": then.raan_deg,
                "argument_of_latitude_deg": (then.argument_of_perigee_deg + then.mean_anomaly_deg) % 360.0,
                "local_time_h": local_time_h(then.raan_deg, at),
                "local_time_rate_h_year": local_time_rate_h_year(shape),
                "nodal_period_s": period_s(shape),
                "orbits": cycle[0] if cycle else None,
                "nodal_days": cycle[1] if cycle else None,
                "epoch": format_utc(one.epoch, decimals=3),
            }
        )
    return rows


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'SATELLITE':<16} {'ABOVE EQ km':>11} {'INCL':>7} {'ECC':>7} {'NODE':>6} {'LOCAL':>5} {'ALONG':>5}"
    lines = [f"{head} {'PERIOD s':>8} {'REPEAT':>7}"]
    for row in rows:
        minutes = round(row["local_time_h"] * 60.0) % 1440
        track = f"{row['orbits']}/{row['nodal_days']}" if row["orbits"] else "-"
        lines.append(
            f"{row['satellite'][:16]:<16} {row['above_equatorial_m'] / 1e3:11.3f} {row['inclination_deg']:7.3f} "
            f"{row['eccentricity']:7.5f} {row['raan_deg']:6.2f} {minutes // 60:02d}:{minutes % 60:02d} "
            f"{row['argument_of_latitude_deg']:5.1f} {row['nodal_period_s']:8.2f} {track:>7}"
        )
    return lines
