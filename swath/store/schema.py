"""Which tables hold a running mission? One schema for SQLite and PostgreSQL.

Times are whole microseconds since 1970-01-01 UTC (``moments.py``), so that both databases order and compare them alike.
What another standard defines (a STAC item, an order) is kept as its own JSON beside the columns it is searched by.
Tables are added by a migration (``migrations.py``), never changed in place.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

__all__ = [
    "ASSET",
    "COLLECTION",
    "FEATURE",
    "FEED",
    "HISTORY",
    "JOB",
    "METADATA",
    "ORDER",
    "ORDER_STATUS",
    "PERSON",
    "PLAN",
    "SEARCH",
    "SETTING",
    "TOKEN",
    "Json",
    "Moment",
    "Number",
]

METADATA = MetaData()

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""a JSON value"""
Moment = BigInteger()
"""microseconds since 1970 UTC"""
Number = BigInteger().with_variant(Integer, "sqlite")
"""a number that the database gives: SQLite's row id"""

SETTING = Table("setting", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

HISTORY = Table(
    "history",
    METADATA,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("at_us", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("owner", Text),
    Column("body", Json, nullable=False),
    Index("history_subject", "kind", "subject"),
    sqlite_autoincrement=True,
)
"""who did what, when and why: rows are added, never changed (a trigger refuses it)"""

COLLECTION = Table(
    "collection",
    METADATA,
    Column("room", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", Json, nullable=False),
    Column("changed_us", Moment, nullable=False),
)
"""STAC collections (room ``stac``) and those of OGC API Features (room ``ogc``)"""

_SEARCHED = ("collection", "owner", "west", "south", "east", "north", "start_us", "stop_us", "cloud", "platform")

FEATURE = Table(
    "feature",
    METADATA,
    Column("key", Number, primary_key=True, autoincrement=True),
    Column("room", Text, nullable=False),
    Column("collection", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("owner", Text),
    Column("time_us", Moment, nullable=False),
    Column("start_us", Moment, nullable=False),
    Column("stop_us", Moment, nullable=False),
    Column("west", Float),
    Column("south", Float),
    Column("east", Float),
    Column("north", Float),
    Column("platform", Text),
    Column("cloud", Float),
    Column("changed_us", Moment, nullable=False),
    Column("tag", Text, nullable=False),
    Column("shape", LargeBinary),
    Column("properties", Json, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("room", "collection", "id", name="feature_name"),
    Index("feature_time", "room", "time_us", "key", *_SEARCHED),
    Index("feature_collection", "room", "collection", "time_us", "key"),
)
"""Whatever has a place and a time. ``shape`` is WKB (EPSG:4326), a west beyond its east crosses the antimeridian,
``owner`` is whoever alone may see it besides the people of the mission, ``body`` the document as it is served, with
:data:`swath.store.features.BASE` where the service's address goes. Wide columns come last: SQLite then finds the
others without reading them."""
Index("feature_lead", FEATURE.c.room, FEATURE.c.time_us - FEATURE.c.start_us)
Index("feature_trail", FEATURE.c.room, FEATURE.c.stop_us - FEATURE.c.time_us)

ASSET = Table(
    "asset",
    METADATA,
    Column("collection", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("tag", Text, nullable=False),
)
"""where the files of STAC items lie: paths within the mission's folder, which no answer shows"""

ORDER = Table(
    "orders",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("offer", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_us", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_us", Moment, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("geometry", Json, nullable=False),
    Column("asked", Json, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("opportunity", Json, nullable=False),
    Index("orders_owner", "owner", "created_us"),
    Index("orders_created", "created_us", "id"),
)
"""``asked`` are STAPI's search parameters, ``opportunity`` what is known of the look that serves it"""

ORDER_STATUS = Table(
    "order_status",
    METADATA,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False),
    Column("at_us", Moment, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason_code", Text),
    Column("reason_text", Text),
    Column("help", Json),
    Column("who", Text, nullable=False),
    Index("order_status_order", "order_id", "seq"),
    sqlite_autoincrement=True,
)

SEARCH = Table(
    "opportunity_search",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("offer", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("made_us", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_us", Moment, nullable=False),
    Column("because", Text),
    Column("asked", Json, nullable=False),
    Column("found", Json),
)
"""STAPI's opportunity searches that are answered later"""

PLAN = Table(
    "plan",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("made_us", Moment, nullable=False),
    Column("stored_us", Moment, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("value", Float, nullable=False),
    Column("bound", Float, nullable=False),
    Column("body", Text, nullable=False),
)
"""every plan that was put in force, as ``plan.json`` holds it"""

JOB = Table(
    "job",
    METADATA,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("most_attempts", Integer, nullable=False),
    Column("made_us", Moment, nullable=False),
    Column("due_us", Moment, nullable=False),
    Column("worker", Text),
    Column("lease_us", Moment),
    Column("ended_us", Moment),
    Column("progress", Float, nullable=False),
    Column("told", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("owner", Text),
    Column("asked", Json, nullable=False),
    Column("result", Json),
    UniqueConstraint("kind", "name", name="job_name"),
    Index("job_due", "state", "priority", "due_us"),
    sqlite_autoincrement=True,
)
"""``name`` is given where the same work must not be queued twice"""

PERSON = Table(
    "person",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("subject", Text, unique=True),
    Column("made_us", Moment, nullable=False),
    Column("stopped_us", Moment),
    Column("limits", Json, nullable=False),
)
"""``subject`` is who they are at the identity provider, where there is one"""

TOKEN = Table(
    "token",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("made_us", Moment, nullable=False),
    Column("expires_us", Moment, nullable=False),
    Column("revoked_us", Moment),
    Column("note", Text, nullable=False),
)
"""only the SHA-256 of a token is kept; its role is never above its person's"""

FEED = Table(
    "feed",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("made_us", Moment, nullable=False),
    Column("revoked_us", Moment),
    Column("note", Text, nullable=False),
)
"""secret addresses of calendars and news, for programs that cannot sign in"""
