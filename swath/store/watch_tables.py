"""Which tables hold what is known of places under watch? Alerts, verdicts, looks, detectors' states, messages.

An alert is kept as its own JSON beside the columns it is found by; a verdict is never overwritten; a message is one
alert in one revision for one target.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, Table, Text

from swath.store.schema import METADATA, Json, Moment, Number

__all__ = ["ALERT", "LOOK", "MESSAGE", "STATE", "VERDICT", "WATCH_TABLES"]

ALERT = Table(
    "watch_alert",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("noticed_us", Moment, nullable=False),
    Column("changed_us", Moment, nullable=False),
    Column("body", Json, nullable=False),
    Index("watch_alert_place", "place", "noticed_us"),
)

VERDICT = Table(
    "watch_verdict",
    METADATA,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("alert", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("at_us", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("watch_verdict_place", "place", "seq"),
    sqlite_autoincrement=True,
)
"""every word that was said; the last one on an alert counts"""

LOOK = Table(
    "watch_look",
    METADATA,
    Column("place", Text, primary_key=True),
    Column("scene", Text, primary_key=True),
    Column("at_us", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Index("watch_look_time", "place", "at_us"),
)

STATE = Table(
    "watch_state",
    METADATA,
    Column("place", Text, primary_key=True),
    Column("changed_us", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""what detectors keep of a place between two pictures"""

MESSAGE = Table(
    "watch_message",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("alert", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_us", Moment),
    Column("pause_s", Float, nullable=False),
    Column("why", Text, nullable=False),
    Index("watch_message_state", "state"),
)

WATCH_TABLES = (ALERT, VERDICT, LOOK, STATE, MESSAGE)
