"""When is a message sent, and when again? At least once, with pauses that grow, whatever the clock does.

A message is one alert in one revision for one target, and its id says so: who receives it twice sees that it is the
same. It waits until it is due, is sent, and is done or waits again, twice as long each time up to an hour. Pauses are
counted, not remembered as a wall-clock time alone: where the clock stands before the last attempt, it was set back,
and the message is due at once instead of a long time later; a clock set forward only makes it due sooner. It is given
up after so many attempts, never because of a date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from swath.time import seconds
from swath.watch.records import Alert, Target

__all__ = ["MOST_ATTEMPTS", "Message", "after_failure", "after_success", "due", "message_for", "put_back"]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 3600.0
MOST_ATTEMPTS = 150
"""with pauses of up to an hour: about six days of a target that answers nothing but errors"""

_NEVER = np.datetime64("NaT", "ns")


@dataclass(frozen=True)
class Message:
    """One alert on its way to one target."""

    id: str
    """the same for the same alert, revision and target"""
    alert: str
    revision: int
    target: str
    state: str = "waiting"
    """``waiting``, ``sent`` or ``given up``"""
    attempts: int = 0
    last: np.datetime64 = _NEVER
    """the last attempt"""
    pause_s: float = 0.0
    """to wait from the last attempt on"""
    why: str = ""
    """the last refusal"""


def message_for(alert: Alert, target: Target) -> Message:
    """The message that tells a target of an alert as it stands."""
    key = f"{alert.id}\0{alert.revision}\0{target.id}\0{target.kind}\0{target.address}"
    return Message(hashlib.sha256(key.encode()).hexdigest()[:32], alert.id, alert.revision, target.id)


def due(messages: Iterable[Message], now: np.datetime64) -> list[Message]:
    """Those to send now, the longest waiting first. Of several revisions of one alert for one target only the last."""
    waiting = [one for one in messages if one.state == "waiting"]
    newest: dict[tuple[str, str], int] = {}
    for one in waiting:
        newest[one.alert, one.target] = max(newest.get((one.alert, one.target), 0), one.revision)
    found = [one for one in waiting if one.revision == newest[one.alert, one.target] and _ripe(one, now)]
    return sorted(found, key=lambda one: (not np.isnat(one.last), one.last, one.id))


def _ripe(one: Message, now: np.datetime64) -> bool:
    return bool(np.isnat(one.last) or now < one.last or now - one.last >= seconds(one.pause_s))


def after_success(one: Message, now: np.datetime64) -> Message:
    """It has arrived."""
    return replace(one, state="sent", attempts=one.attempts + 1, last=now, pause_s=0.0, why="")


def after_failure(one: Message, now: np.datetime64, why: str, *, final: bool = False) -> Message:
    """It was not taken: to be sent again later, unless ``final`` (the target can never take it) or too often tried."""
    attempts = one.attempts + 1
    pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 20), _LONGEST_PAUSE_S)
    state = "given up" if final or attempts >= MOST_ATTEMPTS else "waiting"
    return replace(one, state=state, attempts=attempts, last=now, pause_s=pause_s, why=why)


def put_back(one: Message) -> Message:
    """A message that was given up, to be tried again from the beginning."""
    return replace(one, state="waiting", attempts=0, last=_NEVER, pause_s=0.0, why="")
