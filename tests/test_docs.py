"""The pages say what the program does: every key of a mission file is described, every example in them works."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from swath.store.mission import read_mission

REPO = Path(__file__).resolve().parents[1]
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md"), *(REPO / "benchmarks").glob("*.md")])
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPO)))

READERS = {"text", "texts", "number", "whole", "time", "table", "tables", "optional_table"}
"""Methods of ``swath.store.section.Section`` that read a key."""


def blocks(page: Path, language: str) -> list[str]:
    """The fenced code blocks of a page in one language, their indent removed."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def test_every_key_of_a_mission_file_is_described() -> None:
    tree = ast.parse((REPO / "swath" / "store" / "mission.py").read_text("utf-8"))
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in READERS
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    page = (REPO / "docs" / "reference" / "mission-file.md").read_text("utf-8")
    assert {"elements", "hours", "rate_bit_s"} <= read, "the way mission.py reads keys has changed: change this test"
    assert not {key for key in read if not re.search(rf"[`\[.]{key}\b", page)}


def test_the_mission_in_the_how_to_is_a_mission(tmp_path: Path) -> None:
    page = REPO / "docs" / "how-to" / "run-your-own-mission.md"
    (mission,), (orders,) = blocks(page, "toml"), blocks(page, "text")
    (tmp_path / "mission.toml").write_text(mission, "utf-8")
    (tmp_path / "orders.csv").write_text(orders, "utf-8")
    read = read_mission(tmp_path / "mission.toml")
    assert [satellite.id for satellite in read.satellites] == ["ONE"]
    assert [order.id for order in read.routine] == ["vineyard", "harbour"]


def test_the_notebook_of_the_how_to_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.cli.test_window_commands import PLACES, SETS

    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.tle").write_text(SETS)
    (tmp_path / "fields.geojson").write_text(json.dumps(PLACES), "utf-8")
    known: dict[str, Any] = {}
    for block in blocks(REPO / "docs" / "how-to" / "access-from-a-notebook.md", "python"):
        exec(compile(block, "notebook", "exec"), known)
    assert len(known["windows"]) > 0
    assert list(known["frame"]["satellite"]) == list(known["windows"].satellite)
    assert len(known["map_ready"]) == known["arrow"].num_rows == known["dataset"].sizes["row"] == len(known["windows"])


def test_every_option_of_every_command_is_described() -> None:
    page = (REPO / "docs" / "reference" / "command-line.md").read_text("utf-8")
    main = (REPO / "swath" / "cli" / "main.py").read_text("utf-8")
    commands = re.findall(r'"swath\.cli\.(\w+):(\w+)", name="(\w+)"', main)
    assert len(commands) >= 6, "the way main.py lists commands has changed: change this test"
    silent = []
    for module, _, name in commands:
        tree = ast.parse((REPO / "swath" / "cli" / f"{module}.py").read_text("utf-8"))
        public = [f for f in tree.body if isinstance(f, ast.FunctionDef) and not f.name.startswith(("_", "example"))]
        options = {f"--{arg.arg.replace('_', '-')}" for function in public for arg in function.args.kwonlyargs}
        silent += [f"swath {name} {option}" for option in sorted(options) if f"{option}" not in page]
        silent += [f"swath {name}"] if f"## `swath {name}" not in page else []
    assert not silent


def test_every_option_of_every_product_command_is_described() -> None:
    """They have a file each, ``product_*.py``; their words may stand on any page."""
    pages = "\n".join(page.read_text("utf-8") for page in PAGES)
    group = (REPO / "swath" / "cli" / "product.py").read_text("utf-8")
    commands = re.findall(r'"swath\.cli\.(product_\w+):(\w+)", name="([\w-]+)"', group)
    for module, name in [(module, name) for module, function, name in commands if function == "app"]:  # groups in it
        text = (REPO / "swath" / "cli" / f"{module}.py").read_text("utf-8")
        inner = re.findall(r'"swath\.cli\.(product_\w+):(\w+)", name="([\w-]+)"', text)
        (default,) = re.findall(r"@app\.default\ndef (\w+)", text)
        commands = [row for row in commands if row[0] != module] + [(module, default, name)]
        commands += [(file, function, f"{name} {part}") for file, function, part in inner]
    files = {path.stem for path in (REPO / "swath" / "cli").glob("product_*.py")}
    assert {module for module, _, _ in commands} <= files
    silent = [f"swath product {name}" for _, _, name in commands if f"## `swath product {name}" not in pages]
    for module, function, name in commands:
        tree = ast.parse((REPO / "swath" / "cli" / f"{module}.py").read_text("utf-8"))
        (body,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
        options = {f"--{arg.arg.replace('_', '-')}" for arg in body.args.kwonlyargs}
        silent += [f"swath product {name} {option}" for option in sorted(options) if f"`{option}" not in pages]
    assert not silent


@each_page
def test_commands_on_the_pages_exist(page: Path) -> None:
    main = (REPO / "swath" / "cli" / "main.py").read_text("utf-8")
    commands = set(re.findall(r'app\.command\("[\w.:]+", name="([a-z]+)"', main))
    lines = [line for block in blocks(page, "(?:console|)") for line in block.splitlines()]
    used = {match[1] for line in lines if (match := re.match(r"\s*(?:\.venv/bin/)?swath ([a-z]+)", line))}
    assert used <= commands
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text("utf-8"), re.MULTILINE))
    made = {match[1] for line in lines if (match := re.match(r"\s*make ([a-z-]+)", line))}
    assert made <= targets


@each_page
def test_links_and_pictures_on_the_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert not [target for target in inside if not (page.parent / target).exists()]
