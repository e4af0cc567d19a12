"""The files for an outside machine, as far as they can be judged without one: their form, and every command in them."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from swath.cli.main import app

REPO = Path(__file__).resolve().parents[2]
DEPLOY = REPO / "deploy"


def understood(words: list[str]) -> None:
    """Raises where the program does not know a command or an option of it."""
    app.parse_args(words, exit_on_error=False, print_error=False)


def dockerfile() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", "\n".join(line for line in lines("Dockerfile") if not line.startswith("#")))
    return [(line.split()[0], line.partition(" ")[2]) for line in text.splitlines() if line.strip()]


def lines(name: str) -> list[str]:
    return (DEPLOY / name).read_text("utf-8").splitlines()


def test_compose_starts_what_there_is() -> None:
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = told["services"]
    assert set(services) == {"database", "service", "workers"} and set(told["volumes"]) == {"database"}
    for name in ("service", "workers"):
        understood(services[name]["command"])
        assert "--database=postgresql://swath:${SWATH_DB_PASSWORD}@database/swath" in services[name]["command"]
        assert services[name]["depends_on"]["database"]["condition"] == "service_healthy"
        assert services[name]["volumes"] == ["./mission:/var/lib/swath/mission"], "one folder, seen by both"
    assert services["service"]["ports"] == ["127.0.0.1:8000:8000"], "nobody else reaches it without a proxy"
    assert services["database"]["healthcheck"]["test"][0] == "CMD-SHELL"
    assert (DEPLOY / services["service"]["build"]["context"]).resolve() == REPO


def test_commands_of_the_comments_are_known() -> None:
    """People copy them."""
    told = [line.partition("docker compose run --rm service ")[2] for line in lines("compose.yaml")]
    commands = [line.replace("$db", "x.sqlite") for line in told if line]
    assert len(commands) == 2
    for command in commands:
        understood(shlex.split(command))


def test_the_image_is_made_of_what_there_is() -> None:
    steps = dockerfile()
    known = ["FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"]
    assert {name for name, _ in steps} <= set(known)
    users = [number for number, (name, _) in enumerate(steps) if name == "USER"]
    last = max(number for number, (name, _) in enumerate(steps) if name == "FROM")
    assert users and users[-1] > last, "not as root"
    copied = [words.split()[:-1] for name, words in steps if name == "COPY" and not words.startswith("--from")]
    assert all((REPO / path).exists() for paths in copied for path in paths)
    made = {words for name, words in steps if name in ("ENTRYPOINT", "CMD")}
    assert made == {'["swath"]', '["serve", "mission", "--host", "0.0.0.0"]'}
    understood(["serve", "mission", "--host", "0.0.0.0"])
    assert "swath/serve/static" in lines("Dockerfile.dockerignore")


def test_the_unit_is_sound() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((DEPLOY / "swath.service").read_text("utf-8"))
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert program == "/opt/swath/bin/swath"
    understood(words)
    assert unit["Service"]["User"] == "swath" and unit["Service"]["NoNewPrivileges"] == "true"
    assert "MemoryDenyWriteExecute" not in unit["Service"], "kernels are compiled while it runs"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_knows_every_word_of_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "swath.service").read_text("utf-8").replace("/opt/swath/bin/swath", "/bin/true")
    (tmp_path / "swath.service").write_text(text.replace("User=swath", "User=root"), "utf-8")
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "swath.service"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert [line for line in told.stderr.splitlines() if "swath.service" in line] == []
