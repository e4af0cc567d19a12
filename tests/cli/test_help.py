"""Every command says what it does, in its own words and with an example, where its help is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cyclopts import App

from swath.cli.main import app, main


def leaves(parent: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Words of every command that does something."""
    for name in parent:
        if not name.startswith("-"):
            child = parent[name]
            if child.default_command is not None:
                yield (*path, name)
            yield from leaves(child, (*path, name))


def test_every_command_has_an_example_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    commands = list(leaves(app))
    assert len(commands) > 60 and ("archive", "mosaic") in commands
    also = {("claim", "maneuvers"): ("orbit", "maneuvers")}  # one command, two places
    lacking = []
    for words in commands:
        assert main([*words, "--help"]) == 0
        said = capsys.readouterr().out
        example = " ".join(said.partition("Example")[2].split())
        if f"swath {' '.join(also.get(words, words))}" not in example:
            lacking.append(" ".join(words))
    assert lacking == [], " | ".join(lacking)


def test_every_command_has_a_line_in_its_list(capsys: pytest.CaptureFixture[str]) -> None:
    for group in {words[:-1] for words in leaves(app)}:
        main([*group, "--help"])
        said = capsys.readouterr().out.splitlines()
        for words in leaves(app):
            if words[:-1] == group:
                line = next(line for line in said if line.startswith(f"│ {words[-1]} "))
                assert len(line.strip("│ ").split()) > 2, line
