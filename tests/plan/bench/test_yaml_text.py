"""YAML files: what PyYAML reads but for times, and a clear error for the rest."""

from __future__ import annotations

import contextlib
import datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.plan.bench.yaml_text import parse_yaml

SCALARS = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6), st.booleans(), st.text(max_size=60))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4), max_leaves=20
)


@given(VALUES, st.sampled_from([None, True, False]))
def test_what_was_written_is_read_again(value: object, flow: bool | None) -> None:
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=flow)
    assert parse_yaml(text, where="x") == value


@given(st.text(max_size=200) | st.text(":-[]{}&*!|>'\"#\n ab01", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_yaml(text, where="x")


def test_a_merged_key_may_be_overridden() -> None:
    assert parse_yaml("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}", where="x")["d"] == {"b": 1, "c": 3}


def test_times_stay_texts() -> None:
    text = "start: 2026-04-14T04:00:00Z\nday: 2026-04-14"
    assert isinstance(yaml.safe_load(text)["day"], datetime.date)
    assert parse_yaml(text, where="x") == {"start": "2026-04-14T04:00:00Z", "day": "2026-04-14"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("a: 'b", "line 1"),
        ("a: 1\nb: 2\na: 3", "a key stands twice"),
        ("a:\n  b: 1\n c: 2", "line 3"),
        ("a: 1\n---\nb: 2", "line 2"),
        ("!!python/object/apply:os.system [date]", "line 1"),
        ("a: \x00", "x"),
        ("[" * 100_000, "x"),
        ("a: 0b_", "x"),
    ],
)
def test_the_error_says_where(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_yaml(text, where="x")
