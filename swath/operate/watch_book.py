"""The book of a watch in a mission's database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from swath.store import watching as rows
from swath.store.database import Database, Writing
from swath.store.moments import moment
from swath.watch.book import check_looked
from swath.watch.days import LookState
from swath.watch.outbox import Message
from swath.watch.records import Alert, Verdict

__all__ = ["DatabaseBook", "write_alert"]

_NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True)
class DatabaseBook:
    """See :class:`swath.watch.book.Book`."""

    database: Database

    def alerts(self, place: str = "") -> list[Alert]:
        """See :class:`swath.watch.book.Book`."""
        with self.database.reading() as connection:
            return [Alert.from_json(body) for body in rows.alert_rows(connection, place)]

    def verdicts(self, place: str = "") -> list[Verdict]:
        """See :class:`swath.watch.book.Book`; the last word on each alert."""
        with self.database.reading() as connection:
            said = rows.verdict_rows(connection, place)
        last = {row["alert"]: row for row in said}
        return [
            Verdict(row["alert"], row["place"], row["word"], _time(row["at_us"]), row["who"], row["why"])
            for row in sorted(last.values(), key=lambda row: row["seq"])
        ]

    def looks(self, place: str) -> list[LookState]:
        """See :class:`swath.watch.book.Book`."""
        with self.database.reading() as connection:
            found = rows.look_rows(connection, place)
        return [
            LookState(_time(row["at_us"]), row["scene"], row["state"], row["why"], bool(row["simulated"]))
            for row in found
        ]

    def state(self, place: str) -> bytes | None:
        """See :class:`swath.watch.book.Book`."""
        with self.database.reading() as connection:
            return rows.state_of(connection, place)

    def messages(self, states: Iterable[str] = (), *, alert: str = "") -> list[Message]:
        """See :class:`swath.watch.book.Book`."""
        with self.database.reading() as connection:
            found = rows.message_rows(connection, states, alert=alert)
        return [_message(row) for row in found]

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
        """See :class:`swath.watch.book.Book`: one transaction."""
        with self.database.writing(who=who or "swath", why=why) as write:
            for place, number in looked.items():
                check_looked(place, number, rows.count_looks(write.connection, place))
            for alert in alerts:
                write_alert(write, alert)
            for said in verdicts:
                row = {name: value for name, value in vars(said).items() if name != "at"}
                rows.keep_verdict(write, row | {"at_us": moment(said.at)})
            for place, look in looks:
                about = {"place": place, "scene": look.scene, "at_us": moment(look.at)}
                rows.keep_look(write, about | {"state": look.state, "why": look.why, "simulated": look.simulated})
            for place, content in states:
                rows.keep_state(write, place, content)
            for message in messages:
                rows.keep_message(write, _row(message))


def write_alert(write: Writing, alert: Alert) -> None:
    """Keep an alert within a transaction that writes other things too."""
    times = {"noticed_us": moment(alert.noticed), "changed_us": moment(alert.changed)}
    rows.keep_alert(write, alert.to_json(), **times)


def _time(us: int) -> np.datetime64:
    at: np.datetime64 = np.datetime64(us, "us").astype("datetime64[ns]")
    return at


def _row(message: Message) -> dict[str, Any]:
    row = dict(vars(message))
    last = row.pop("last")
    return row | {"last_us": None if np.isnat(last) else moment(last)}


def _message(row: dict[str, Any]) -> Message:
    last = row.pop("last_us")
    return Message(**row, last=np.datetime64("NaT", "ns") if last is None else _time(last))
