"""The YAML reader equals PyYAML on what PyYAML writes, and refuses what it does not know."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.bench.yaml_text import parse_yaml

KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True).filter(
    lambda key: key not in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
)
SCALARS = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6).map(lambda x: round(x, 6)),
    st.booleans(),
    st.none(),
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\x85\ufeff"),
        max_size=120,
    ),
    st.lists(st.sampled_from(["it's", "#", "---", "-", "a:", "\n", "\xa1", "word", "  "]), max_size=60).map(" ".join),
    st.sampled_from(
        ["2026-04-14T04:00:00Z", "1 28649U 05017A", "Ta\u2019if, SA", "it's", 'a "b"', "- x", "a: b", "#c"]
    ),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@example({"_": "0E0"})
@example({"_": "\xa1" * 40 + "# no comment"})
@example({"_": "it's " * 15 + "# no comment", "a": [f"{'it: ' * 20}# nor this"]})
@example({"_": "it's\n\ntwo lines"})
@example({"a": "1.5e3"})
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_what_pyyaml_writes_is_read_alike(value: dict[str, object]) -> None:
    text = yaml.safe_dump(value, sort_keys=False)
    assert parse_yaml(text, where="x") == yaml.safe_load(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_yaml(text, where="x")


@pytest.mark.parametrize("text", ["", "a: &x 1", "a: |\n  b", "a: {b: 1}", "a: 'b", "a: 1\na: 2", "a:\n  b: 1\n c: 2"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_yaml(text, where="x")


@pytest.mark.needs_shared_data
def test_the_files_of_the_benchmark_are_read_alike(shared_data: Path) -> None:
    for path in sorted((shared_data / "planning" / "aeossp" / "easy" / "case_0001").glob("*.yaml")):
        text = path.read_text("utf-8")
        assert parse_yaml(text, where=path.name) == yaml.load(text, yaml.CSafeLoader)
