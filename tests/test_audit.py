"""The pins against what is known to be vulnerable: as OSV writes it down, and for real where a copy of it is given."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "audit"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("audit", str(FILE))
    spec = importlib.util.spec_from_loader("audit", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def entry(id: str, name: str, events: list[dict[str, str]], ecosystem: str = "PyPI", **more: Any) -> dict[str, Any]:
    ranges = [{"type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM", "events": events}]
    return {"id": id, "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}], **more}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(
        "# pins\nsome-thing==1.4.0 \\\n    --hash=sha256:00\nother[fast]==2.0rc1\n    # via x\n", "utf-8"
    )
    packages = {"": {"version": "0"}, "node_modules/a/node_modules/@x/y": {"version": "3.1.0-beta.2"}}
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package-lock.json").write_text(json.dumps({"packages": packages}), "utf-8")
    return tmp_path


def test_pins_within_a_range_are_told_and_others_are_not(audit: ModuleType, checkout: Path, tmp_path: Path) -> None:
    said = [
        entry("A-1", "Some_Thing", [{"introduced": "0"}, {"fixed": "1.4.1"}], aliases=["CVE-1"], summary="bad"),
        entry("A-2", "some-thing", [{"introduced": "0"}, {"fixed": "1.4.0"}]),
        entry("A-3", "some-thing", [{"introduced": "1.4.0"}, {"last_affected": "1.4.0"}]),
        entry("A-4", "some-thing", [{"introduced": "0"}], withdrawn="2026-01-01T00:00:00Z"),
        entry("A-5", "other", [{"introduced": "2.0"}]),  # the release, which comes after its candidate
        entry("A-6", "other", [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0rc1"}]),
        entry("A-7", "@x/y", [{"introduced": "3.0.0"}, {"fixed": "3.1.0"}], "npm"),
        entry("A-8", "@x/y", [{"introduced": "3.1.0"}], "npm"),
        {"id": "A-9", "affected": [{"package": {"ecosystem": "PyPI", "name": "other"}, "versions": ["2.0rc1"]}]},
        entry("A-10", "not-here", [{"introduced": "0"}]),
    ]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as file:
        for one in said:
            file.writestr(f"{one['id']}.json", json.dumps(one))
    lines, read = audit.audit(checkout, tmp_path / "all.zip")
    assert read == len(said)
    assert {line.split(": ")[2].split()[0].rstrip(":") for line in lines} == {"A-1", "A-3", "A-6", "A-7", "A-9"}
    assert "run.txt: Some_Thing 1.4.0: A-1 (CVE-1): bad" in lines


def test_every_pin_of_this_checkout_is_read(audit: ModuleType) -> None:
    found = list(audit.pins(FILE.parents[1]))
    kinds = {kind for kind, *_ in found}
    assert kinds == {"PyPI", "npm"} and len(found) > 200
    assert all(audit.order(kind, version) is not None for kind, _, version, _ in found)


@pytest.mark.slow
def test_no_pin_is_known_to_be_vulnerable(audit: ModuleType) -> None:
    place = os.environ.get("SWATH_OSV")
    if not place:
        pytest.skip("set SWATH_OSV to what osv.dev publishes (all.zip of PyPI, of npm): nothing is fetched")
    lines, read = audit.audit(FILE.parents[1], Path(place))
    assert read and lines == []
