"""How does the plan get to the satellite? Commands in frames, sent until the satellite has acknowledged every one.

The sending half of COP-1 (FOP-1, CCSDS 232.1-B-2), with go-back-N: what the control word does not acknowledge is sent
again, from the first that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swath.model import Plan
from swath.spacecraft.command_format import Command, CommandFrame, pack_command, pack_frame, read_clcw

__all__ = ["Uplink", "acquire_signal", "commands_of", "frames_up", "hear_control_word", "queue_commands"]

WINDOW = 64
"""frames under way at most; the satellite tells early from old by half of 256"""


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


def commands_of(plan: Plan, satellite: str) -> tuple[Command, ...]:
    """The list that makes a satellite fly its part of the plan: the schedule emptied, then every activity in time.

    The number of a command is its row in the plan's table of acquisitions or contacts.
    """
    commands = []
    looks, contacts = plan.acquisitions, plan.contacts
    for row in np.flatnonzero(looks.satellite == satellite).tolist():
        duration_s = float((looks.stop[row] - looks.start[row]).astype(np.int64)) * 1e-9
        angles = float(looks.roll_deg[row]), float(looks.pitch_deg[row])
        commands.append(Command("image", row, looks.start[row], duration_s, *angles))
    for row in np.flatnonzero(contacts.satellite == satellite).tolist():
        duration_s = float((contacts.stop[row] - contacts.start[row]).astype(np.int64)) * 1e-9
        rate_bit_s = float(contacts.rate_bit_s[row])
        commands.append(Command("contact", row, contacts.start[row], duration_s, rate_bit_s=rate_bit_s))
    return (Command("reset"), *sorted(commands, key=lambda one: (one.at, one.kind, one.number)))


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
        packet = pack_command(uplink.waiting[position], number)
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
