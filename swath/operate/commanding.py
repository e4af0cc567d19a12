"""The day's commands: plans go up in passes, acknowledged one by one, and what is flown is what got up in time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.access.passes import find_passes
from swath.archive.commanding import Activity, CommandList, Uplink, commands_of, queue_commands
from swath.errors import InputError
from swath.fly.commands import OnBoard, due
from swath.fly.faults import Faults
from swath.frames import EarthOrientation
from swath.model import Plan, Windows
from swath.operate.planning import ephemerides_of
from swath.operate.uplink import hold_command_contact
from swath.report.flown import CommandContacts
from swath.spacecraft import Satellite
from swath.spacecraft.command_format import COUNTS
from swath.spacecraft.report_format import CODES, STAGES, Report
from swath.store.mission import Mission, Operations
from swath.table import Table, column
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["CommandDay", "Commanded", "command_day", "uplink_passes"]

_BEFORE_S = 86400.0
"""how far back a pass is looked for in which the plan of the day went up"""


@dataclass(frozen=True)
class Commanded(Table):
    """Every activity that any plan of the day held, and how its command fared."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    kind: npt.NDArray[np.str_] = column("U", "-", "image or contact")
    activity: npt.NDArray[np.str_] = column("U", "-", "id in the plan")
    number: npt.NDArray[np.int64] = column("i8", "-", "by which satellite and ground name it")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "when it is due")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    wanted: npt.NDArray[np.bool_] = column("?", "-", "in the last plan")
    acknowledged: npt.NDArray[np.bool_] = column("?", "-", "the ground knows that its command is on board")
    scheduled: npt.NDArray[np.bool_] = column("?", "-", "it was in the schedule when it was due")
    because: npt.NDArray[np.str_] = column("U", "-", "why not, where not scheduled")


@dataclass(frozen=True)
class CommandDay:
    """Plans as the satellites came to know them."""

    plan: Plan
    """what is flown: the last plan's activities that got up, and those of earlier plans that could not be taken out"""
    activities: Commanded
    contacts: CommandContacts
    reports: Mapping[str, tuple[Report, ...]]
    """on acceptance, by satellite, as they wait on board"""

    def numbers(self, satellite: str) -> dict[tuple[str, str], int]:
        """Numbers of what a satellite has in its schedule, by kind and id."""
        rows = self.activities.take((self.activities.satellite == satellite) & self.activities.scheduled)
        return {(str(r["kind"]), str(r["activity"])): int(r["number"]) for r in rows.rows()}

    def missing(self) -> dict[str, str]:
        """Why pictures of the last plan are not flown, by acquisition."""
        rows = self.activities
        rows = rows.take(rows.wanted & ~rows.scheduled & (rows.kind == "image"))
        return {str(row["activity"]): str(row["because"]) for row in rows.rows()}


def uplink_passes(mission: Mission, day: Windows, eop: EarthOrientation) -> Windows:
    """In which passes can commands go up? The last one of each satellite before the day, and those of the day."""
    start, since = mission.start, mission.start - seconds(_BEFORE_S)
    ephemerides = ephemerides_of(mission.satellites, since, start, eop)
    before = find_passes(ephemerides, mission.stations, since, start, eop)
    rows = []
    for satellite in mission.satellites:
        mine = before.take((before.satellite == satellite.id) & (before.stop <= start)).sort_by("stop")
        rows += [
            {"satellite": row["satellite"], "subject": row["station"], "start": row["start"], "stop": row["stop"]}
            for row in mine.take(slice(-1, None)).rows()
        ]
    return Windows.join([Windows.from_rows(rows), day]).sort_by("start", "satellite", "subject")


def command_day(
    satellites: Sequence[Satellite], plans: Sequence[Plan], passes: Windows, operations: Operations, *,
    start: np.datetime64, stop: np.datetime64, seed: int, faults: Faults | None = None,
) -> CommandDay:  # fmt: skip
    """Bring the plans of a day up, in the order in which they were made, and find out what the satellites then fly.

    The first plan can go up before the day begins (the last pass in ``passes`` that ends by ``start``), each other one
    from when it was made. A pass that ``faults`` name among their lost uplinks, or in which one of their lost contacts
    lies, brings nothing up. Raises :class:`InputError` where there is no such pass.
    """
    asked = Faults() if faults is None else faults
    _check_uplinks(asked, passes)
    silent = [c for plan in plans for c in plan.contacts.rows() if str(c["id"]) in asked.lost_contacts]
    rows: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    executed: dict[str, set[Activity]] = {}
    reports = {}
    for satellite in satellites:
        talk = _Talk(satellite, operations, start, seed)
        for row in passes.take(passes.satellite == satellite.id).sort_by("start").rows():
            talk.know(plans, row["start"])
            gone = any(_pass_name(row).startswith(name) for name in asked.lost_uplinks)
            gone = gone or any(_inside(row, contact) for contact in silent)
            contacts += talk.miss(row) if gone else talk.hold(row)
        rows += talk.told(plans, stop)
        executed[satellite.id] = {talk.known_list.activities[one.number] for one in talk.space.done}
        reports[satellite.id] = talk.space.reports
    return CommandDay(
        _flown_plan(plans, executed), Commanded.from_rows(rows), CommandContacts.from_rows(contacts), reports
    )


@dataclass
class _Talk:
    """One satellite's commands through the day."""

    satellite: Satellite
    operations: Operations
    start: np.datetime64
    seed: int
    known_list: CommandList = field(default_factory=CommandList)
    known: int = 0
    """plans that were made into commands"""
    ground: Uplink = field(init=False)
    space: OnBoard = field(init=False)

    def __post_init__(self) -> None:
        self.ground = Uplink(self.satellite.radio.spacecraft_id)
        self.space = OnBoard(self.satellite.radio.spacecraft_id)

    def know(self, plans: Sequence[Plan], now: np.datetime64) -> None:
        """Plans that are made by now become commands that wait; of the first it is taken that it was ready."""
        while self.known < len(plans) and (self.known == 0 or plans[self.known].made <= now):
            self.known_list, commands = commands_of(plans[self.known], self.satellite.id, self.known_list)
            self.ground = queue_commands(self.ground, commands)
            self.known += 1

    def hold(self, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """A pass: what waits goes up."""
        self.space, _ = due(self.space, row["start"])
        if not self.ground.waiting:
            return
        before, now_s = self.ground, float(elapsed_s(self.start, row["start"]))
        name = f"{self.seed} up {self.satellite.id} {format_utc(row['start'])}"
        self.ground, self.space = hold_command_contact(
            self.ground, self.space, start_s=now_s, stop_s=float(elapsed_s(self.start, row["stop"])),
            uplink_bit_s=self.operations.uplink_bit_s, epoch=self.start, seed=zlib.crc32(name.encode()),
            uplink_loss=self.operations.uplink_loss, downlink_loss=self.operations.frame_loss,
        )  # fmt: skip
        yield {
            "satellite": self.satellite.id,
            "station": row["subject"],
            "start": row["start"],
            "commands": len(before.waiting),
            "frames": self.ground.sent - before.sent,
            "acknowledged": len(self.ground.acknowledged) - len(before.acknowledged),
        }

    def miss(self, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """A pass in which nothing gets through: what waits waits on."""
        if self.ground.waiting:
            yield {
                "satellite": self.satellite.id,
                "station": row["subject"],
                "start": row["start"],
                "commands": len(self.ground.waiting),
                "frames": 0,
                "acknowledged": 0,
            }

    def told(self, plans: Sequence[Plan], stop: np.datetime64) -> list[dict[str, Any]]:
        """At the end of the day, a row for each activity."""
        for plan in plans[self.known :]:  # they were made after the last pass
            self.known_list, _ = commands_of(plan, self.satellite.id, self.known_list)
        self.space, _ = due(self.space, stop)
        done = {one.number for one in self.space.done}
        confirmed = {one.number for one in self.ground.acknowledged if one.kind in ("image", "contact")}
        refused = {report.number: report for report in self.space.reports if STAGES[report.subtype] == "refused"}
        return [
            {
                "satellite": self.satellite.id,
                "kind": one.kind,
                "activity": one.id,
                "number": number,
                "start": one.start,
                "stop": one.stop,
                "wanted": number in self.known_list.wanted,
                "acknowledged": number in confirmed,
                "scheduled": number in done,
                "because": "" if number in done else self._why(number, refused.get(number % COUNTS)),
            }
            for number, one in sorted(self.known_list.activities.items())
        ]

    def _why(self, number: int, refused: Report | None) -> str:
        if number not in self.known_list.wanted:
            return "taken out of the plan"
        if refused is None:
            return "its command did not get up in time"
        return f"its command was refused at {format_utc(refused.at)}: {CODES[refused.code]}"


def _pass_name(row: Mapping[str, Any]) -> str:
    stamp = format_utc(row["start"]).replace("-", "").replace(":", "")
    return f"{row['satellite']}-{row['subject']}-{stamp}"


def _check_uplinks(faults: Faults, passes: Windows) -> None:
    names = [_pass_name(row) for row in passes.rows()]
    for asked in sorted(faults.lost_uplinks):
        if not any(name.startswith(asked) for name in names):
            raise InputError(
                f"there is no pass {asked!r} to bring commands up in",
                where="lost_uplinks",
                fix=f"Name one as {names[0]}" if names else "There is none at all",
            )


def _inside(row: Mapping[str, Any], contact: Mapping[str, Any]) -> bool:
    """Does a contact lie in a pass?"""
    same = row["satellite"] == contact["satellite"] and row["subject"] == contact["station"]
    return bool(same and contact["start"] < row["stop"] and row["start"] < contact["stop"])


def _flown_plan(plans: Sequence[Plan], executed: Mapping[str, set[Activity]]) -> Plan:
    """The last plan with just the rows that are executed, of whatever plan they are."""
    left = {satellite: set(done) for satellite, done in executed.items()}
    looks: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    for plan in reversed(plans):
        for row in plan.acquisitions.rows():
            angles = float(row["roll_deg"]), float(row["pitch_deg"]), 0.0
            _take(looks, row, Activity("image", str(row["id"]), row["start"], row["stop"], angles), left)
        for row in plan.contacts.rows():
            rate = 0.0, 0.0, float(row["rate_bit_s"])
            _take(contacts, row, Activity("contact", str(row["id"]), row["start"], row["stop"], rate), left)
    last = plans[-1]
    return replace(
        last, acquisitions=type(last.acquisitions).from_rows(looks), contacts=type(last.contacts).from_rows(contacts)
    )


def _take(
    kept: list[dict[str, Any]], row: Mapping[str, Any], activity: Activity, left: Mapping[str, set[Activity]]
) -> None:
    mine = left.get(str(row["satellite"]), set())
    if activity in mine:
        mine.remove(activity)
        kept.append(dict(row))
