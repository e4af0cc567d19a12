"""How does the plan get to the satellite? Commands in frames, sent until the satellite has acknowledged every one.

The sending half of COP-1 (FOP-1, CCSDS 232.1-B-2), with go-back-N: what the control word does not acknowledge is sent
again, from the first that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from swath.model import Plan
from swath.spacecraft.command_format import COUNTS, Command, CommandFrame, pack_command, pack_frame, read_clcw

__all__ = [
    "Activity",
    "CommandList",
    "Uplink",
    "acquire_signal",
    "activities_of",
    "commands_of",
    "frames_up",
    "hear_control_word",
    "queue_commands",
]

WINDOW = 64
"""frames under way at most; the satellite tells early from old by half of 256"""


@dataclass(frozen=True)
class Activity:
    """A picture or a contact as it is commanded."""

    kind: str
    """``image`` or ``contact``"""
    id: str
    start: np.datetime64
    stop: np.datetime64
    numbers: tuple[float, float, float]
    """roll and pitch (deg), rate (bit/s)"""


@dataclass(frozen=True)
class Uplink:
    """The commands for one spacecraft, by what became of them."""

    spacecraft_id: int
    waiting: tuple[Command, ...] = ()
    """not acknowledged; those under way first"""
    first: int = 0
    """frame number of ``waiting[0]``"""
    under_way: int = 0
    """of those, sent and not yet to be sent again"""
    reached: int = 0
    """of those, sent at least once: no more than these can be acknowledged"""
    in_step: bool = False
    """has the satellite confirmed the frame number that we begin with?"""
    acknowledged: tuple[Command, ...] = ()
    sent_at_s: float = 0.0
    sent: int = 0
    """frames, repeats included"""
    again_s: float = 3.0
    """without an acknowledgement all under way are sent again"""


@dataclass(frozen=True)
class CommandList:
    """The ground's list of what one satellite was ever told: activities by number, from 1 on."""

    activities: Mapping[int, Activity] = field(default_factory=dict)
    wanted: frozenset[int] = frozenset()
    """those of the plan in force"""

    def command(self, number: int) -> Command:
        """The command that puts an activity into the schedule."""
        one = self.activities[number]
        return Command(one.kind, number, one.start, float((one.stop - one.start).astype(np.int64)) * 1e-9, *one.numbers)


def commands_of(plan: Plan, satellite: str, known: CommandList) -> tuple[CommandList, tuple[Command, ...]]:
    """What makes a satellite fly its part of a new plan instead of the one in force?

    The first time the schedule is emptied; then what is no longer wanted is taken out, and what is new is put in, in
    the order of time. An activity that changes in any way is another one. Returns the list with them.
    """
    numbers = {one: number for number, one in known.activities.items()}
    activities = dict(known.activities)
    wanted = set()
    for one in activities_of(plan, satellite):
        number = numbers.get(one, len(activities) + 1)
        activities[number] = one
        wanted.add(number)
    made = CommandList(activities, frozenset(wanted))
    first = (Command("reset"),) if not known.activities else ()
    out = tuple(Command("cancel", number % COUNTS) for number in sorted(known.wanted - wanted))
    return made, (*first, *out, *(made.command(number) for number in sorted(wanted - known.wanted)))


def activities_of(plan: Plan, satellite: str) -> tuple[Activity, ...]:
    """A satellite's part of a plan, in the order of time."""
    looks, contacts = plan.acquisitions, plan.contacts
    found = []
    for row in looks.take(looks.satellite == satellite).rows():
        angles = float(row["roll_deg"]), float(row["pitch_deg"]), 0.0
        found.append(Activity("image", str(row["id"]), row["start"], row["stop"], angles))
    for row in contacts.take(contacts.satellite == satellite).rows():
        rate = 0.0, 0.0, float(row["rate_bit_s"])
        found.append(Activity("contact", str(row["id"]), row["start"], row["stop"], rate))
    return tuple(sorted(found, key=lambda one: (one.start, one.kind, one.id)))


def queue_commands(uplink: Uplink, commands: tuple[Command, ...]) -> Uplink:
    """Commands that are to go up, behind those that wait."""
    return replace(uplink, waiting=(*uplink.waiting, *commands))


def acquire_signal(uplink: Uplink) -> Uplink:
    """A contact begins: whatever was under way when the last one ended is sent again."""
    return replace(uplink, under_way=0)


def hear_control_word(uplink: Uplink, data: bytes) -> Uplink:
    """The satellite says which frame it wants next: all before it are acknowledged. Nonsense is ignored."""
    word = read_clcw(data)
    if word is None:
        return uplink
    if not uplink.in_step:
        return replace(uplink, in_step=word.expected == uplink.first and uplink.sent > 0)
    taken = (word.expected - uplink.first) % 256
    taken = taken if taken <= uplink.reached else 0  # an old word, or nonsense
    moved = replace(
        uplink,
        acknowledged=(*uplink.acknowledged, *uplink.waiting[:taken]),
        waiting=uplink.waiting[taken:],
        first=(uplink.first + taken) % 256,
        under_way=max(uplink.under_way - taken, 0),
        reached=uplink.reached - taken,
    )
    return replace(moved, under_way=0) if word.retransmit else moved


def frames_up(uplink: Uplink, now_s: float, room_bytes: int) -> tuple[Uplink, tuple[bytes, ...]]:
    """Frames to send now, in at most ``room_bytes`` (one at least where any waits)."""
    if uplink.under_way and now_s - uplink.sent_at_s >= uplink.again_s:
        uplink = replace(uplink, under_way=0)
    if not uplink.in_step and uplink.waiting:
        if uplink.sent and now_s - uplink.sent_at_s < uplink.again_s:
            return uplink, ()
        begin = CommandFrame(uplink.spacecraft_id, 0, True, True, bytes([0x82, 0, uplink.first]))
        return replace(uplink, sent=uplink.sent + 1, sent_at_s=now_s), (pack_frame(begin),)
    frames: list[bytes] = []
    for position in range(uplink.under_way, min(len(uplink.waiting), WINDOW)):
        number = (uplink.first + position) % 256
        packet = pack_command(uplink.waiting[position])
        frame = pack_frame(CommandFrame(uplink.spacecraft_id, number, False, False, packet))
        if frames and sum(map(len, frames)) + len(frame) > room_bytes:
            break
        frames.append(frame)
    if not frames:
        return uplink, ()
    under_way = uplink.under_way + len(frames)
    reached = max(uplink.reached, under_way)
    sent = replace(uplink, under_way=under_way, reached=reached, sent=uplink.sent + len(frames), sent_at_s=now_s)
    return sent, tuple(frames)
