"""What does the loop know beside the book? Small named values, each written in the transaction that makes it true."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from swath.store.database import Writing
from swath.store.schema import SETTING

__all__ = ["note", "recall"]


def recall(connection: Connection, name: str, otherwise: Any = None) -> Any:
    """The value noted under a name."""
    row = connection.execute(select(SETTING.c.value).where(SETTING.c.name == name)).first()
    return otherwise if row is None else json.loads(row[0])


def note(write: Writing, name: str, value: Any) -> None:
    """Note a JSON value under a name, in the place of what was there."""
    write.connection.execute(delete(SETTING).where(SETTING.c.name == name))
    write.connection.execute(insert(SETTING).values(name=name, value=json.dumps(value, allow_nan=False)))
