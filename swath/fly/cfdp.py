"""How does a satellite send a file until the ground has it all? The sending end of CFDP class 2 (CCSDS 727.0-B-5).

Every function takes the state of one transaction, the time in seconds of any clock, and returns the new state: no
threads, no timers of its own. The radio asks for what is to be sent while there is a contact; loss of signal stops the
timers and nothing is forgotten. Faults never throw a file away: they wait for the next contact (the standard's notice
of suspension). The receiving end is ``archive.cfdp``, written apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from swath.errors import InputError
from swath.spacecraft.cfdp_format import (
    Ack,
    Body,
    Checksum,
    Condition,
    Directive,
    Eof,
    Finished,
    Ids,
    KeepAlive,
    Metadata,
    Nak,
    Prompt,
    header_bytes,
)
from swath.spacecraft.link_format import FILE_SEGMENT_BYTES
from swath.spacecraft.ranges import Ranges, byte_count, clipped, no_ranges, subtract, union

__all__ = [
    "Outgoing",
    "Sending",
    "SendingRules",
    "acquire_signal",
    "cancel",
    "hear",
    "lose_signal",
    "open_sending",
    "send",
]

_MOST_REQUESTS = 100_000
"""holes taken from one list; a longer one is not from an honest receiver"""


@dataclass(frozen=True)
class SendingRules:
    """How patient the sender is."""

    segment_bytes: int = FILE_SEGMENT_BYTES
    """file data in one unit; the default fills a transfer frame, so that a lost frame costs one unit"""
    answer_s: float = 5.0
    """after an end of file, or a prompt, without an answer it is sent again"""
    tries: int = 5
    """then it waits for the next contact"""


@dataclass(frozen=True, eq=False)
class Sending:
    """One file on its way. Nothing but the file's bytes is needed beside it."""

    ids: Ids
    metadata: Metadata
    checksum: int
    rules: SendingRules
    phase: str = "sending"
    """``sending`` until the first pass is over, ``waiting`` for acknowledgements and requests, ``done``"""
    condition: int = Condition.NO_ERROR
    """why it waits for the next contact, or why it ended"""
    signal: bool = False
    """is there a contact?"""
    sent_to: int = 0
    """how far the first pass has come"""
    repeats: Ranges = field(default_factory=no_ranges)
    """asked for again"""
    metadata_due: bool = True
    eof_due: bool = False
    prompt_due: bool = False
    acks_due: tuple[int, ...] = ()
    """conditions of the Finished units to be acknowledged"""
    eof_acked: bool = False
    asked_at_s: float | None = None
    """when an answer began to be waited for"""
    tries: int = 0
    finished: Finished | None = None
    """what the receiver said at the end"""
    bytes_sent: int = 0
    """of file data, repeats included"""
    bytes_repeated: int = 0

    @property
    def done(self) -> bool:
        """Has the receiver said its last word, and has it been acknowledged?"""
        return self.phase == "done" and not self.acks_due

    @property
    def delivered(self) -> bool:
        """Does the receiver hold the whole file?"""
        return self.finished is not None and self.finished.complete and not self.finished.condition


@dataclass(frozen=True, eq=False)
class Outgoing:
    """What goes out now, in this order: directives, pieces of the file, directives."""

    before: tuple[Body, ...] = ()
    segments: Ranges = field(default_factory=no_ranges)
    """``(n, 2)`` start and stop, each at most a unit's worth; may touch"""
    after: tuple[Body, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing at all?"""
        return not (self.before or len(self.segments) or self.after)


def open_sending(ids: Ids, metadata: Metadata, checksum: int, rules: SendingRules | None = None) -> Sending:
    """A file that is to be sent: its ids, name and size, and the checksum of its bytes (``metadata.checksum``).

    Raises :class:`InputError` where the size does not fit the offsets.
    """
    if metadata.size >= 256**ids.offset_bytes:
        raise InputError(f"a file of {metadata.size} bytes", fix="Above 4 GiB set Ids.large")
    if metadata.checksum == Checksum.NULL:
        checksum = 0
    return Sending(ids, metadata, checksum, SendingRules() if rules is None else rules)


def acquire_signal(sending: Sending, now_s: float) -> Sending:
    """A contact begins. What was waited for is asked for again at once: answers may have been lost with the signal."""
    fresh = replace(sending, signal=True, tries=0, asked_at_s=None)
    if sending.phase == "done":
        return fresh
    if sending.phase == "waiting" and not sending.eof_acked:
        return replace(fresh, condition=Condition.NO_ERROR, eof_due=True)
    return replace(fresh, condition=Condition.NO_ERROR, prompt_due=sending.sent_to > 0)


def lose_signal(sending: Sending) -> Sending:
    """The contact is over. Timers stop; requests and progress are kept."""
    return replace(sending, signal=False, asked_at_s=None)


def cancel(sending: Sending) -> Sending:
    """Give the file up: an end of file that says so is sent, and acknowledged like any other."""
    if sending.phase == "done":
        return sending
    return replace(
        sending,
        phase="waiting",
        condition=Condition.CANCELLED,
        repeats=no_ranges(),
        metadata_due=False,
        prompt_due=False,
        eof_due=True,
        eof_acked=False,
    )


def hear(sending: Sending, body: Body, now_s: float) -> Sending:
    """What the receiver says. Units that make no sense here are ignored."""
    cancelled = sending.condition == Condition.CANCELLED
    if sending.condition == Condition.POSITIVE_ACK_LIMIT:
        sending = replace(sending, condition=Condition.NO_ERROR)  # there is somebody after all
    match body:
        case Ack(of=Directive.EOF):
            heard = replace(sending, eof_acked=True, tries=0, asked_at_s=now_s)
            return replace(heard, phase="done") if cancelled else heard
        case Finished():
            acks = sending.acks_due if body.condition in sending.acks_due else (*sending.acks_due, body.condition)
            condition = sending.condition if cancelled else body.condition
            return replace(
                sending, phase="done", finished=body, condition=condition, acks_due=acks, repeats=no_ranges(),
                metadata_due=False, eof_due=False, prompt_due=False,
            )  # fmt: skip
        case Nak() if sending.phase != "done" and not cancelled:
            asked = [request for request in body.requests[:_MOST_REQUESTS] if request[1] > request[0]]
            wanted = clipped(union(_held(asked)), 0, sending.sent_to)
            return replace(
                sending,
                repeats=union(sending.repeats, wanted),
                metadata_due=sending.metadata_due or (0, 0) in body.requests,
                prompt_due=False,
                tries=0,
                asked_at_s=now_s if sending.phase == "waiting" else None,
            )
        case KeepAlive():
            return replace(sending, tries=0, prompt_due=False, asked_at_s=now_s if sending.eof_acked else None)
    return sending


def _held(requests: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Numbers of 64 bits that no file reaches would overflow."""
    most = 2**62
    return [(min(start, most), min(stop, most)) for start, stop in requests]


def send(sending: Sending, now_s: float, room_bytes: int) -> tuple[Sending, Outgoing]:
    """What goes out now, in at most ``room_bytes`` of units (headers of the units counted; one unit at least)?

    First acknowledgements and metadata, then what was asked for again, then new data, at the end the end of file.
    Nothing without a signal. Calls with time passed run the timers.
    """
    if not sending.signal:
        return sending, Outgoing()
    ready = _timers(sending, now_s)
    if ready.condition == Condition.POSITIVE_ACK_LIMIT:
        return ready, Outgoing()
    before: list[Body] = [Ack(Directive.FINISHED, condition, status=2) for condition in ready.acks_due]
    if ready.metadata_due and ready.phase != "done":
        before.append(ready.metadata)
    if ready.prompt_due:
        before.append(Prompt())
        ready = replace(ready, asked_at_s=now_s)
    ready = replace(ready, acks_due=(), metadata_due=False, prompt_due=False)
    ready, segments = _segments(ready, room_bytes)
    after: tuple[Body, ...] = ()
    if ready.phase == "sending" and ready.sent_to == ready.metadata.size and not len(ready.repeats):
        ready = replace(ready, phase="waiting", eof_due=True)
    if ready.eof_due and not len(ready.repeats):
        cancelled = ready.condition == Condition.CANCELLED
        size = ready.sent_to if cancelled else ready.metadata.size
        after = (Eof(0 if cancelled else ready.checksum, size, ready.condition if cancelled else 0),)
        ready = replace(ready, eof_due=False, asked_at_s=now_s)
    return ready, Outgoing(tuple(before), segments, after)


def _timers(sending: Sending, now_s: float) -> Sending:
    """Ask again where no answer came: for the acknowledgement of the end of file, or for what is still missing."""
    rules = sending.rules
    if sending.asked_at_s is None or sending.phase == "done" or now_s - sending.asked_at_s < rules.answer_s:
        return sending
    if len(sending.repeats):
        return replace(sending, asked_at_s=now_s)
    if sending.tries >= rules.tries:
        kept = sending.condition if sending.condition == Condition.CANCELLED else Condition.POSITIVE_ACK_LIMIT
        return replace(sending, condition=kept, asked_at_s=None)
    again = replace(sending, tries=sending.tries + 1, asked_at_s=now_s)
    if sending.phase == "waiting" and (not sending.eof_acked or again.tries % 2 == 0):
        # Also where it was acknowledged: receivers are known that forget it when the metadata come late.
        return replace(again, eof_due=True)
    return replace(again, prompt_due=True)


def _segments(sending: Sending, room_bytes: int) -> tuple[Sending, Ranges]:
    """Pieces to send: what was asked for again, then what has never been sent."""
    if sending.phase == "done" or sending.condition == Condition.CANCELLED:
        return sending, no_ranges()
    unit = sending.rules.segment_bytes
    fixed = header_bytes(sending.ids) + sending.ids.offset_bytes
    count = max(room_bytes // (fixed + unit), 1)
    again = _cut(sending.repeats, unit)[:count]
    fresh_stop = min(sending.sent_to + (count - len(again)) * unit, sending.metadata.size)
    fresh = _cut(union([(sending.sent_to, fresh_stop)]), unit)
    return (
        replace(
            sending,
            repeats=subtract(sending.repeats, union(again)),
            sent_to=max(sending.sent_to, fresh_stop),
            bytes_sent=sending.bytes_sent + byte_count(again) + byte_count(fresh),
            bytes_repeated=sending.bytes_repeated + byte_count(again),
        ),
        np.concatenate([again, fresh]),
    )


def _cut(ranges: Ranges, unit: int) -> Ranges:
    """Ranges in pieces of at most ``unit`` bytes."""
    pieces = -(-(ranges[:, 1] - ranges[:, 0]) // unit)
    first = np.repeat(ranges[:, 0], pieces)
    number = np.arange(len(first)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = first + number * unit
    return np.stack([start, np.minimum(start + unit, np.repeat(ranges[:, 1], pieces))], -1)
