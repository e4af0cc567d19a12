"""Which files are coming down, and what must be asked for again? The receiving end of CFDP class 2 (CCSDS 727.0-B-5).

Every function takes the state of one transaction and the time in seconds of any clock, and returns the new state; bytes
are written elsewhere (``archive.incoming``). Requests for what is missing go out after the end of file, when asked, and
when a contact begins; never in between, so that units out of order cost nothing. Loss of signal stops the timers. What
comes in is hostile: nothing in a unit makes these functions raise, and a transaction that has ended stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

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
    nak_capacity,
)
from swath.spacecraft.ranges import Ranges, byte_count, clipped, gaps, no_ranges, union

__all__ = [
    "Receiving",
    "ReceivingRules",
    "acquire_signal",
    "add_ranges",
    "hear",
    "lose_signal",
    "missing",
    "reply",
    "safe_name",
    "verified",
]

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:+-]{0,119}")
_DEEPEST = 6
_CHECKSUMS = (Checksum.MODULAR, Checksum.CRC_32C, Checksum.CRC_32, Checksum.NULL)


@dataclass(frozen=True)
class ReceivingRules:
    """How patient the receiver is, and how much it takes."""

    answer_s: float = 5.0
    """without any new data after a list of what is missing it is sent again; so is a Finished without an answer"""
    tries: int = 5
    """then it waits for the next contact"""
    inactivity_s: float = 30.0
    """without a word from the sender in mid-file, what is known to be missing is asked for"""
    nak_bytes: int = 1024
    """longest list of what is missing in one unit; more holes take more units"""
    naks_at_once: int = 64
    """lists sent in one go: holes beyond them are asked for when the last has come"""
    max_file_bytes: int = 8 << 30
    """larger ones are refused: an offset is four bytes and could claim any size"""
    checksum_tries: int = 2
    """a file whose checksum is wrong is thrown away and asked for again so often, then given up"""


@dataclass(frozen=True, eq=False)
class Receiving:
    """One file on its way in."""

    ids: Ids
    rules: ReceivingRules
    phase: str = "receiving"
    """``receiving``; ``whole`` when every byte is there and the checksum is to be looked at; ``finished``: told the
    sender; ``done``: the sender knows"""
    condition: int = Condition.NO_ERROR
    """why it waits for the next contact, or why it ended"""
    metadata: Metadata | None = None
    eof: Eof | None = None
    held: Ranges = field(default_factory=no_ranges)
    signal: bool = True
    """is there a contact?"""
    kept: bool = False
    """is the file whole and in its place?"""
    naks_due: bool = False
    asked_at_s: float | None = None
    """when an answer began to be waited for"""
    heard_at_s: float | None = None
    """when the sender was last heard, or began to be waited for"""
    listed_at_s: float | None = None
    """when what is missing was last asked for"""
    asked_to: int | None = None
    """end of the last hole that was asked for: when it comes, the others have come or are lost again"""
    tries: int = 0
    answers_due: tuple[Body, ...] = ()
    finished_due: bool = False
    checksum_faults: int = 0

    @property
    def progress(self) -> int:
        """How far the file has come, holes included."""
        return int(self.held[-1, 1]) if len(self.held) else 0

    @property
    def received_bytes(self) -> int:
        """How much of it is there."""
        return byte_count(self.held)

    @property
    def ended(self) -> bool:
        """Will nothing more be taken in?"""
        return self.phase in ("finished", "done")


def safe_name(name: bytes) -> PurePosixPath | None:
    """The relative path that a file name from space may become, or None: nothing absolute, upward, hidden or odd.

    Each part begins with a letter, digit or ``_``, goes on with those and ``. : + -`` to at most 120, and there are at
    most six. ``tests/archive/test_cfdp_hostile.py`` tries to get out.
    """
    try:
        text = name.decode("ascii")
    except UnicodeDecodeError:
        return None
    parts = text.split("/")
    if not 1 <= len(parts) <= _DEEPEST or not all(_PART.fullmatch(part) for part in parts):
        return None
    return PurePosixPath(*parts)


def acquire_signal(receiving: Receiving) -> Receiving:
    """A contact begins: what is known to be missing is asked for at once, a Finished without an answer told again."""
    if receiving.phase == "done":
        return replace(receiving, signal=True)
    fresh = replace(receiving, signal=True, tries=0, asked_at_s=None, heard_at_s=None)
    if receiving.phase == "finished":
        return replace(fresh, finished_due=True)
    return replace(fresh, condition=Condition.NO_ERROR, naks_due=receiving.phase == "receiving")


def lose_signal(receiving: Receiving) -> Receiving:
    """The contact is over. Answers that were due are due no more; what has come is kept."""
    return replace(
        receiving, signal=False, asked_at_s=None, listed_at_s=None, asked_to=None, answers_due=(), naks_due=False
    )


def missing(receiving: Receiving) -> Ranges:
    """The holes: up to the end of file where that is known, otherwise up to what has come."""
    return gaps(receiving.held, receiving.progress if receiving.eof is None else receiving.eof.size)


def add_ranges(receiving: Receiving, fresh: Ranges, now_s: float) -> Receiving:
    """New bytes have been written: ``fresh`` were not held before."""
    if receiving.ended or not len(fresh):
        return receiving
    waits = receiving.asked_at_s is not None
    held = union(receiving.held, fresh)
    last = receiving.asked_to
    answered = last is not None and bool(((fresh[:, 0] < last) & (last <= fresh[:, 1])).any())
    return _judge(
        replace(
            receiving,
            naks_due=receiving.naks_due or answered,
            asked_to=None if answered else last,
            held=held if receiving.eof is None else clipped(held, 0, receiving.eof.size),
            tries=0,
            condition=Condition.NO_ERROR,
            asked_at_s=now_s if waits else None,
            heard_at_s=now_s,
        )
    )


def hear(receiving: Receiving, body: Body, now_s: float) -> Receiving:
    """A directive from the sender. Those that make no sense here are ignored."""
    receiving = replace(receiving, heard_at_s=now_s)
    if receiving.condition == Condition.INACTIVITY and not receiving.ended:
        receiving = replace(receiving, condition=Condition.NO_ERROR)
    match body:
        case Eof():
            status = 2 if receiving.ended else 1
            acked = _answer(receiving, Ack(Directive.EOF, body.condition, status))
            if receiving.ended:
                return replace(acked, finished_due=True)
            return _end_of_file(acked, body, now_s)
        case Metadata() if receiving.metadata is None and not receiving.ended:
            return _named(receiving, body)
        case Ack(of=Directive.FINISHED) if receiving.phase == "finished":
            return replace(receiving, phase="done", finished_due=False, asked_at_s=None)
        case Prompt(keep_alive=True) if not receiving.ended:
            return _answer(receiving, KeepAlive(receiving.progress))
        case Prompt():
            if receiving.ended:
                return replace(receiving, finished_due=True)
            # A list that went out just now answers a prompt that was under way.
            patience_s = receiving.rules.answer_s
            just_now = receiving.listed_at_s is not None and now_s - receiving.listed_at_s < patience_s
            return receiving if just_now else replace(receiving, naks_due=True, tries=0)
    return receiving


def _answer(receiving: Receiving, body: Body) -> Receiving:
    if body in receiving.answers_due:
        return receiving
    return replace(receiving, answers_due=(*receiving.answers_due, body))


def _named(receiving: Receiving, metadata: Metadata) -> Receiving:
    if safe_name(metadata.destination_name) is None:
        return _given_up(receiving, Condition.FILESTORE_REJECTION)
    if metadata.checksum not in _CHECKSUMS:
        return _given_up(receiving, Condition.UNSUPPORTED_CHECKSUM)
    return _judge(replace(receiving, metadata=metadata))


def _end_of_file(receiving: Receiving, eof: Eof, now_s: float) -> Receiving:
    if eof.condition != Condition.NO_ERROR:
        return _given_up(receiving, eof.condition)
    if receiving.eof is not None:
        return receiving  # the first one counts
    if eof.size > receiving.rules.max_file_bytes:
        return _given_up(receiving, Condition.FILE_SIZE_ERROR)
    # Bytes beyond the end are no reason to lose those before it.
    return _judge(replace(receiving, eof=eof, held=clipped(receiving.held, 0, eof.size), naks_due=True, tries=0))


def _given_up(receiving: Receiving, condition: int) -> Receiving:
    return replace(
        receiving, phase="finished", condition=condition, finished_due=True, naks_due=False, asked_at_s=None, tries=0
    )


def _judge(receiving: Receiving) -> Receiving:
    """Is everything there?"""
    if receiving.phase != "receiving" or receiving.metadata is None or receiving.eof is None:
        return receiving
    if receiving.received_bytes != receiving.eof.size:
        return receiving
    return replace(receiving, phase="whole", naks_due=False, asked_at_s=None)


def verified(receiving: Receiving, *, checksum_holds: bool, stored: bool = True) -> Receiving:
    """The bytes of a ``whole`` file were looked at: are they those that were sent, and is the file in its place?

    With a wrong checksum everything is asked for again: sixteen bits of error control let one damaged frame in 65,536
    through. The caller throws the bytes away then.
    """
    if checksum_holds:
        condition = Condition.NO_ERROR if stored else Condition.FILESTORE_REJECTION
        return replace(_given_up(receiving, condition), kept=stored)
    faults = receiving.checksum_faults + 1
    if faults > receiving.rules.checksum_tries:
        return replace(_given_up(receiving, Condition.CHECKSUM_FAILURE), checksum_faults=faults)
    again = replace(receiving, phase="receiving", held=no_ranges(), checksum_faults=faults, naks_due=True, tries=0)
    return again if receiving.eof is not None and receiving.eof.size else _given_up(again, Condition.CHECKSUM_FAILURE)


def reply(receiving: Receiving, now_s: float) -> tuple[Receiving, tuple[Body, ...]]:
    """What is said to the sender now? Nothing without a signal. Calls with time passed run the timers."""
    if not receiving.signal:
        return receiving, ()
    ready = _timers(receiving, now_s)
    answers = list(ready.answers_due)
    if ready.finished_due:
        status = 2 if ready.kept else 1 if ready.condition == Condition.FILESTORE_REJECTION else 0
        answers.append(Finished(ready.condition, ready.kept, status))
        ready = replace(ready, finished_due=False, asked_at_s=now_s if ready.phase == "finished" else None)
    if ready.naks_due and ready.phase == "receiving":
        lists = _lists(ready)
        answers += lists
        waits = bool(lists) and ready.eof is not None
        last = lists[-1].requests[-1][1] if lists else 0
        ready = replace(
            ready, asked_at_s=now_s if waits else ready.asked_at_s, listed_at_s=now_s, asked_to=last or None
        )
    return replace(ready, answers_due=(), naks_due=False), tuple(answers)


def _timers(receiving: Receiving, now_s: float) -> Receiving:
    rules = receiving.rules
    if receiving.phase == "receiving" and receiving.asked_at_s is None and receiving.condition != Condition.NAK_LIMIT:
        if receiving.heard_at_s is None:
            return replace(receiving, heard_at_s=now_s)
        if now_s - receiving.heard_at_s >= rules.inactivity_s:
            return replace(receiving, condition=Condition.INACTIVITY, heard_at_s=now_s, naks_due=True)
        return receiving
    if receiving.asked_at_s is None or now_s - receiving.asked_at_s < rules.answer_s:
        return receiving
    if receiving.tries >= rules.tries:
        if receiving.phase == "finished":  # nobody is there any more; who asks later is still answered
            return replace(receiving, phase="done", asked_at_s=None)
        return replace(receiving, condition=Condition.NAK_LIMIT, asked_at_s=None)
    again = replace(receiving, tries=receiving.tries + 1, asked_at_s=now_s)
    return replace(again, naks_due=True) if receiving.phase == "receiving" else replace(again, finished_due=True)


def _lists(receiving: Receiving) -> list[Nak]:
    """Everything missing, in as many lists as it takes; their scopes lie end to end."""
    rules = receiving.rules
    fits = nak_capacity(receiving.ids, rules.nak_bytes)
    room = fits * rules.naks_at_once
    holes = missing(receiving)
    requests = [(0, 0)] if receiving.metadata is None else []
    whole = len(holes) + len(requests) <= room
    requests += [(start, stop) for start, stop in holes[: room - len(requests)].tolist()]
    parts = [requests[at : at + fits] for at in range(0, len(requests), fits)]
    end = receiving.progress if receiving.eof is None else receiving.eof.size
    lists, begin = [], 0
    for part in parts:
        stop = end if whole and part is parts[-1] else part[-1][1]
        lists.append(Nak(begin, stop, tuple(part)))
        begin = stop
    return lists
