"""What is a satellite told, and when? A plan as a list of commands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.model import Plan
from swath.plan.problem import Problem
from swath.spacecraft.agility import slew_angle_deg, slew_s
from swath.table import Table, column
from swath.time import seconds

__all__ = ["Commands", "commands_of"]


@dataclass(frozen=True)
class Commands(Table):
    """Commands in order of time."""

    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it is carried out")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id, or station id of an antenna command")
    command: npt.NDArray[np.str_] = column(
        "U", "-", "warm_up, turn, image_on, image_off, point, send_on, send_off, release"
    )
    subject: npt.NDArray[np.str_] = column("U", "-", "id of the picture or contact it serves")
    roll_deg: npt.NDArray[np.float64] = column("f8", "deg", "of a turn: where to")
    pitch_deg: npt.NDArray[np.float64] = column("f8", "deg", "of a turn: where to")


def commands_of(problem: Problem, plan: Plan) -> Commands:
    """The commands that carry a plan out: warm up, turn, image, and for each contact both ends of the link.

    A turn begins as late as it may. Pictures are sent in the order of their ``on_ground``.
    """
    rows: list[dict[str, object]] = []
    stations = {station.id: station for station in problem.stations}

    def tell(at: np.datetime64, who: str, what: str, subject: str, roll: float = 0.0, pitch: float = 0.0) -> None:
        told = {"time": at, "satellite": who, "command": what, "subject": subject}
        rows.append({**told, "roll_deg": roll, "pitch_deg": pitch})

    for satellite in problem.satellites:
        level = {"roll_deg": 0.0, "pitch_deg": 0.0}
        mine = [
            {**level, **row}
            for table in (plan.acquisitions, plan.contacts)
            for row in table.rows()
            if row["satellite"] == satellite.id
        ]
        before, imaged = level, None
        for row in sorted(mine, key=lambda row: row["start"]):
            id, roll, pitch = str(row["id"]), float(row["roll_deg"]), float(row["pitch_deg"])
            angle_deg = float(slew_angle_deg(before["roll_deg"], before["pitch_deg"], roll, pitch))
            if angle_deg > 1e-9:
                turn_s = float(slew_s(satellite.agility, angle_deg))
                tell(row["start"] - seconds(turn_s), satellite.id, "turn", id, roll, pitch)
            if "station" not in row:
                if satellite.duty.warm_up_s > 0.0:
                    warm = row["start"] - seconds(satellite.duty.warm_up_s)
                    tell(warm if imaged is None else max(warm, imaged), satellite.id, "warm_up", id)
                tell(row["start"], satellite.id, "image_on", id, roll, pitch)
                tell(row["stop"], satellite.id, "image_off", id)
                imaged = row["stop"]
            else:
                tell(row["start"], satellite.id, "send_on", id)
                tell(row["stop"], satellite.id, "send_off", id)
            before = row
    for row in plan.contacts.rows():
        station = stations[str(row["station"])]
        tell(row["start"] - seconds(station.setup_s), station.id, "point", str(row["id"]))
        tell(row["stop"] + seconds(station.teardown_s), station.id, "release", str(row["id"]))
    return Commands.from_rows(sorted(rows, key=lambda row: (row["time"], row["satellite"], row["command"])))
