"""What ``--help`` says, of every command alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cyclopts import App

from swath.cli.main import app, main

ON_UNLESS_GIVEN = {("watch", "run"): {"--no-send"}}
"""switches that turn something off"""


def commands(of: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in of:
        if not name.startswith("-"):
            yield (*path, name)
            yield from commands(of[name], (*path, name))


def test_every_command_is_told_in_80_columns_without_switches_for_what_is_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    known = list(commands(app))
    assert len(known) > 60 and ("product", "fields", "zones") in known
    for words in known:
        assert main([*words, "--help"]) == 0
        said = capsys.readouterr().out
        assert f"swath {' '.join(words)}" in said and max(map(len, said.splitlines())) <= 80, words
        assert set(re.findall(r"--(?:no|empty)-[a-z-]+", said)) == ON_UNLESS_GIVEN.get(words, set()), words
