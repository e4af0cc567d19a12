"""The sentences that planner, loop and watch write have their like in the page's catalogue, in every language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "web" / "src" / "text"
SAYING = (
    "plan/explain.py", "plan/looks.py", "plan/moves.py", "plan/replan.py", "plan/stereo.py", "plan/build.py",
    "plan/why.py", "operate/loop/following.py", "operate/loop/watchful.py", "operate/pair_fields.py",
    "operate/detecting_pairs.py",
    "plan/judge/craft.py", "plan/judge/ground.py",
)  # fmt: skip
NAMES = {"words", "because", "why"}
CALLS = {"Refusal": 2, "Violation": 2, "Status": 3, "Change": 2}
FREE = {"bit/s", "states "}
"""of what only a plan from elsewhere breaks: a person who moves a picture never reads it"""
PARTS = {"X of X: X", "X passes within X deg off nadir X", "was to be pictured X; ", "X ha differ", "X m2 differ"}
"""put together with others: whole ones are below"""
WHOLE = (
    "memory of SW-1: it would have to hold 5.000 Gbit, it has 4.000 Gbit, even with nothing else planned",
    "heat of SW-1: it would get 0.31 K warmer than it may",
    "none of its satellites passes within 20 deg off nadir between 2026-05-08T00:00:00Z and 2026-05-09T00:00:00Z",
    "was to be pictured by SW-1 at 2026-05-08T10:00:00Z; the quota of anna is taken: 4 pictures",
    "2.2 ha differ from 2026-03-01, VV by -6.8 dB",
    "900 m2 differ from 2026-03-01, their pattern is another (0.10 alike)",
)


def patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """As web/src/lib/words.ts makes them."""
    found = []
    for key, text in json.loads((TEXTS / f"{language}.json").read_text("utf-8")).items():
        if key.startswith("said."):
            parts = re.split(r"\{\w+\}", text)
            found.append((text, re.compile("(.+?)".join(map(re.escape, parts)), re.DOTALL)))
    return found


def sample(node: ast.expr) -> Iterator[str]:
    """What an expression may say, each blank filled by a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        told = [""]
        for part in node.values:
            if isinstance(part, ast.Constant):
                told = [one + part.value for one in told]
            elif isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.IfExp | ast.BoolOp):
                told = [one + more for one in told for more in sample(part.value) or ["X"]]
            else:
                told = [f"{one}X" for one in told]
        yield from told
    elif isinstance(node, ast.IfExp):
        yield from (*sample(node.body), *sample(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (one for value in node.values for one in (list(sample(value)) or ["X"]))
    elif isinstance(node, ast.BinOp):
        yield from (f"{a}{b}" for a in list(sample(node.left)) or ["X"] for b in list(sample(node.right)) or ["X"])
    elif isinstance(node, ast.Name | ast.Attribute | ast.Call):
        yield "X"


def sentences(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id in NAMES for t in targets):
                yield from sample(node.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and len(node.args) > CALLS.get(node.func.id, 99)
        ):
            yield from sample(node.args[CALLS[node.func.id]])


@pytest.mark.parametrize("name", SAYING)
def test_what_is_said_is_in_the_catalogue(name: str) -> None:
    known = [form for _, form in patterns("en")]
    said = {
        one
        for one in sentences(ROOT / "swath" / name)
        if " " in one and one not in PARTS and not any(free in one for free in FREE)
    }
    missing = sorted(one for one in said if not any(form.fullmatch(one) for form in known))
    assert not missing, missing


@pytest.mark.parametrize("whole", WHOLE)
def test_whole_sentences_are_known_with_all_that_they_say(whole: str) -> None:
    texts = patterns("en")
    left = [whole]
    while left:
        told = left.pop()
        best = max(
            (one for one in texts if one[1].fullmatch(told)), key=lambda one: len(re.sub(r"\{\w+\}", "", one[0]))
        )
        names = re.findall(r"\{(\w+)\}", best[0])
        left += [part for name, part in zip(names, best[1].fullmatch(told).groups(), strict=True) if name == "said"]  # type: ignore[union-attr]


def test_every_language_has_every_sentence_with_its_blanks() -> None:
    english = json.loads((TEXTS / "en.json").read_text("utf-8"))
    for path in TEXTS.glob("*.json"):
        texts = json.loads(path.read_text("utf-8"))
        for key in (key for key in english if key.startswith("said.")):
            assert sorted(re.findall(r"\{\w+\}", texts[key])) == sorted(re.findall(r"\{\w+\}", english[key])), key
