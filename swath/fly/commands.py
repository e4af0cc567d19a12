"""What does the satellite do with what comes up? Frames in sequence, commands into the schedule, activities when due.

The receiving half of COP-1 (FARM-1, CCSDS 232.1-B-2): frames are taken in order and only in order; what is out of order
is left to be sent again, and the control word says which number is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from swath.spacecraft.command_format import COUNTS, Clcw, Command, pack_clcw, read_command, read_frame
from swath.spacecraft.report_format import CODES, Report

__all__ = ["OnBoard", "due", "hear_frame"]

WINDOW = 128
"""half of the numbers: frames ahead by less are early, behind by less are old"""


@dataclass(frozen=True)
class OnBoard:
    """The command receiver and the schedule of one spacecraft."""

    spacecraft_id: int
    expected: int = 0
    """number of the next frame"""
    retransmit: bool = False
    schedule: tuple[Command, ...] = ()
    """activities not yet begun, in order of time"""
    done: tuple[Command, ...] = ()
    refused: int = 0
    """frames that were damaged, out of order, for another, or held no command"""
    seen: frozenset[int] = field(default_factory=frozenset)
    """activities that are or were in the schedule: one that comes again changes nothing"""
    reports: tuple[Report, ...] = ()
    """on acceptance, in order; what becomes of activities is reported by the flight"""

    @property
    def control_word(self) -> bytes:
        """For the operational control field of telemetry frames."""
        return pack_clcw(Clcw(self.expected, retransmit=self.retransmit))


def hear_frame(on_board: OnBoard, data: bytes, now: np.datetime64) -> OnBoard:
    """A frame has come up, or what is left of one. A command whose time is over at ``now`` is refused."""
    frame = read_frame(data)
    if frame is None or frame.spacecraft != on_board.spacecraft_id:
        return replace(on_board, refused=on_board.refused + 1)
    if frame.control:
        if len(frame.data) == 3 and frame.data[:2] == b"\x82\x00":
            return replace(on_board, expected=frame.data[2], retransmit=False)
        return replace(on_board, retransmit=False) if frame.data == b"\0" else on_board
    if not frame.bypass:
        ahead = (frame.sequence - on_board.expected) % 256
        if ahead:
            early = ahead < WINDOW
            return replace(on_board, retransmit=on_board.retransmit or early, refused=on_board.refused + 1)
        on_board = replace(on_board, expected=(on_board.expected + 1) % 256, retransmit=False)
    command = read_command(frame.data)
    if command is None:
        return replace(on_board, refused=on_board.refused + 1)
    return _obeyed(due(on_board, now)[0], command, now)


def _obeyed(on_board: OnBoard, command: Command, now: np.datetime64) -> OnBoard:
    """The schedule after a command, and the report on it."""
    code, changed = "", on_board
    if command.kind == "reset":
        changed = replace(on_board, schedule=(), seen=frozenset(one.number for one in on_board.done))
    elif command.kind == "cancel":
        left = tuple(one for one in on_board.schedule if one.number % COUNTS != command.number)
        code = "" if len(left) < len(on_board.schedule) else "unknown activity"
        changed = replace(on_board, schedule=left)
    elif command.at <= now and command.number not in on_board.seen:
        code = "too late"
    elif command.number not in on_board.seen:
        schedule = tuple(sorted((*on_board.schedule, command), key=lambda one: (one.at, one.kind, one.number)))
        changed = replace(on_board, schedule=schedule, seen=on_board.seen | {command.number})
    report = Report(2 if code else 1, command.number % COUNTS, now, CODES.index(code))
    return replace(changed, reports=(*changed.reports, report))


def due(on_board: OnBoard, now: np.datetime64) -> tuple[OnBoard, tuple[Command, ...]]:
    """Which activities begin now? All whose time has come."""
    begun = tuple(one for one in on_board.schedule if one.at <= now)
    return replace(on_board, schedule=on_board.schedule[len(begun) :], done=(*on_board.done, *begun)), begun
