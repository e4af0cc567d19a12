"""What does the satellite do with what comes up? Frames in sequence, commands into the schedule, activities when due.

The receiving half of COP-1 (FARM-1, CCSDS 232.1-B-2): frames are taken in order and only in order; what is out of order
is left to be sent again, and the control word says which number is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from swath.model import Plan
from swath.spacecraft.command_format import Clcw, Command, pack_clcw, read_command, read_frame

__all__ = ["OnBoard", "commanded_plan", "due", "hear_frame"]

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
    seen: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    """activities that are or were in the schedule: one that comes again changes nothing"""

    @property
    def control_word(self) -> bytes:
        """For the operational control field of telemetry frames."""
        return pack_clcw(Clcw(self.expected, retransmit=self.retransmit))


def hear_frame(on_board: OnBoard, data: bytes) -> OnBoard:
    """A frame has come up, or what is left of one."""
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
    return _scheduled(on_board, command)


def _scheduled(on_board: OnBoard, command: Command) -> OnBoard:
    if command.kind == "reset":
        begun = frozenset((one.kind, one.number) for one in on_board.done)
        return replace(on_board, schedule=(), seen=begun)
    name = command.kind, command.number
    if name in on_board.seen:
        return on_board
    schedule = tuple(sorted((*on_board.schedule, command), key=lambda one: (one.at, one.kind, one.number)))
    return replace(on_board, schedule=schedule, seen=on_board.seen | {name})


def due(on_board: OnBoard, now: np.datetime64) -> tuple[OnBoard, tuple[Command, ...]]:
    """Which activities begin now? All whose time has come."""
    begun = tuple(one for one in on_board.schedule if one.at <= now)
    return replace(on_board, schedule=on_board.schedule[len(begun) :], done=(*on_board.done, *begun)), begun


def commanded_plan(plan: Plan, satellite: str, done: tuple[Command, ...]) -> Plan:
    """The plan as this satellite came to know it: of its rows only those whose commands it has executed.

    The number of a command is the row in the plan's table. Other satellites' rows are left as they are.
    """
    told = {kind: {one.number for one in done if one.kind == kind} for kind in ("image", "contact")}
    looks, contacts = plan.acquisitions, plan.contacts
    keep = [looks.satellite[row] != satellite or row in told["image"] for row in range(len(looks))]
    held = [contacts.satellite[row] != satellite or row in told["contact"] for row in range(len(contacts))]
    return replace(plan, acquisitions=looks.take(np.array(keep, bool)), contacts=contacts.take(np.array(held, bool)))
