"""The files for an outside machine call commands that exist, with options that they have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from swath.cli.main import main

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "swath.service"])
def test_commands_and_options_exist(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DEPLOY / name).read_text("utf-8").replace('", "', " ")
    found = re.findall(r"(?:swath|CMD \[\"|service) ((?:serve|work|people add)\b[^\n\"']*)", text)
    found += re.findall(r"CMD \[\"((?:serve|work)\b[^\"]*)", text)
    assert found
    for call in found:
        words = call.split()
        command = words[: 2 if words[0] == "people" else 1]
        assert main([*command, "--help"]) == 0
        said = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", call):
            assert option in said, (name, call, option)
