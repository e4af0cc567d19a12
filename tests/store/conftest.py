from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from swath.store.database import Database
from tests.store.databases import KINDS, fresh_database


@pytest.fixture(params=KINDS)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same contract on both databases."""
    with fresh_database(request.param, tmp_path) as database:
        yield database
