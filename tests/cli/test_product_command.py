"""``swath product``: what it lists, and that a plugin of another form is refused."""

from __future__ import annotations

import json

import pytest

from swath import registry
from swath.cli.main import main
from tests.cli.schemas import errors


def test_the_list_says_bands_units_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["product", "list", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert errors("product.schema.json", entry, "list") == []
    assert [row["name"] for row in entry["products"]] == list(registry.names("swath.products"))
    assert {"flood", "vegetation"} <= {row["name"] for row in entry["products"]}
    assert main(["product", "list"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert all(row["question"].split()[0] in text for row in entry["products"])


def test_a_plugin_that_is_no_product_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "find", lambda group, name: print)
    assert main(["product", "list"]) == 2
    assert "ProductKind" in capsys.readouterr().err
