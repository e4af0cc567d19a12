"""Where is kept what a watch knows? What the loop asks of it; a mission's database and a plain memory both answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from swath.errors import DataError
from swath.watch.days import LookState
from swath.watch.outbox import Message
from swath.watch.records import Alert, Verdict

__all__ = ["Book", "MemoryBook", "check_looked"]

_NOTHING: Mapping[str, int] = {}


class Book(Protocol):
    """Reads and writes, each whole or not at all."""

    def alerts(self, place: str = "") -> list[Alert]:
        """All alerts, or those of a place, in the order they were noticed."""
        ...

    def verdicts(self, place: str = "") -> list[Verdict]:
        """What people said, the last word on each alert only."""
        ...

    def looks(self, place: str) -> list[LookState]:
        """What each picture said of a place, in the order of time."""
        ...

    def state(self, place: str) -> bytes | None:
        """What the detectors keep of a place between two pictures."""
        ...

    def messages(self, states: Iterable[str] = (), *, alert: str = "") -> list[Message]:
        """All messages that were ever to be sent, or those in some states, or of an alert."""
        ...

    def keep(
        self,
        *,
        alerts: Iterable[Alert] = (),
        verdicts: Iterable[Verdict] = (),
        looks: Iterable[tuple[str, LookState]] = (),
        states: Iterable[tuple[str, bytes]] = (),
        messages: Iterable[Message] = (),
        looked: Mapping[str, int] = _NOTHING,
        who: str = "",
        why: str = "",
    ) -> None:
        """Write all of these, or none; what has the same id is replaced.

        ``looked`` says how many looks of a place were known when this was worked out: :class:`DataError` where there
        are others meanwhile, and likewise where an alert has become another: whoever was slower works it out again.
        """
        ...


@dataclass(frozen=True)
class MemoryBook:
    """A book that is forgotten at the end: for notebooks and tests."""

    _alerts: dict[str, Alert] = field(default_factory=dict)
    _verdicts: dict[str, Verdict] = field(default_factory=dict)
    _looks: dict[tuple[str, str], LookState] = field(default_factory=dict)
    _states: dict[str, bytes] = field(default_factory=dict)
    _messages: dict[str, Message] = field(default_factory=dict)

    def alerts(self, place: str = "") -> list[Alert]:
        """See :class:`Book`."""
        return sorted((a for a in self._alerts.values() if place in ("", a.place)), key=lambda a: (a.noticed, a.id))

    def verdicts(self, place: str = "") -> list[Verdict]:
        """See :class:`Book`."""
        return sorted((v for v in self._verdicts.values() if place in ("", v.place)), key=lambda v: (v.at, v.alert))

    def looks(self, place: str) -> list[LookState]:
        """See :class:`Book`."""
        return sorted((v for k, v in self._looks.items() if k[0] == place), key=lambda one: (one.at, one.scene))

    def state(self, place: str) -> bytes | None:
        """See :class:`Book`."""
        return self._states.get(place)

    def messages(self, states: Iterable[str] = (), *, alert: str = "") -> list[Message]:
        """See :class:`Book`."""
        wanted = set(states)
        return [m for m in self._messages.values() if alert in ("", m.alert) and (not wanted or m.state in wanted)]

    def keep(
        self,
        *,
        alerts: Iterable[Alert] = (),
        verdicts: Iterable[Verdict] = (),
        looks: Iterable[tuple[str, LookState]] = (),
        states: Iterable[tuple[str, bytes]] = (),
        messages: Iterable[Message] = (),
        looked: Mapping[str, int] = _NOTHING,
        who: str = "",
        why: str = "",
    ) -> None:
        """See :class:`Book`."""
        for place, number in looked.items():
            check_looked(place, number, len(self.looks(place)))
        alerts = list(alerts)
        for one in alerts:
            kept = self._alerts.get(one.id)
            if kept is not None and one.revised[: len(kept.revised)] != kept.revised:
                raise DataError(f"the alert is at revision {kept.revision} meanwhile", where=one.id, fix="Look again")
        self._alerts.update({one.id: one for one in alerts})
        self._verdicts.update({one.alert: one for one in verdicts})
        self._looks.update({(place, one.scene): one for place, one in looks})
        self._states.update(dict(states))
        self._messages.update({one.id: one for one in messages})


def check_looked(place: str, known: int, there: int) -> None:
    """:class:`DataError` where a place was looked at while somebody else was at it."""
    if known != there:
        raise DataError(f"{there - known} pictures were looked at meanwhile", where=place, fix="Look at it again")
