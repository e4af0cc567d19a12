"""``swath watch``: from a place to an alert and a verdict, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from swath.cli.main import main
from tests.watch.made_scenes import LAT_DEG, LON_DEG, archive_of

START = np.datetime64("2024-01-01", "s")


def test_a_place_is_added_listed_and_not_seen_while_it_has_no_past(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive_of(tmp_path / "raw", tmp_path / "archive", START, [0, 20])
    watch = ["--watch", str(tmp_path / "watch.toml")]
    spot = f"meadow={LON_DEG},{LAT_DEG}"
    assert main(["watch", "add", spot, *watch]) == 2 and "--radius-m" in capsys.readouterr().err
    assert main(["watch", "add", spot, "--radius-m", "200", "--false-alarms", "2", *watch]) == 0
    before = (tmp_path / "watch.toml").read_text()
    assert main(["watch", "add", spot, "--radius-m", "200", *watch]) == 2  # twice the same name
    assert main(["watch", "add", "sea=0,0", "--radius-m", "90", "--look-for", "faces", *watch]) == 2
    assert (tmp_path / "watch.toml").read_text() == before and "# " in before
    capsys.readouterr()
    assert main(["watch", "run", *watch]) == 0
    assert "2 new, no alerts" in capsys.readouterr().out
    assert main(["watch", "run", "--json", *watch]) == 0
    assert json.loads(capsys.readouterr().out)["places"][0]["pictures"] == 0
    assert main(["watch", "list", "--json", *watch]) == 0
    (row,) = json.loads(capsys.readouterr().out)["places"]
    assert (row["place"], row["state"], row["looks"], row["false_alarms"]) == ("meadow", "not seen", 2, 2.0)
    assert main(["watch", "list", *watch]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    assert main(["watch", "show", "meadow", *watch]) == 0
    assert "not seen" in capsys.readouterr().out
    for form in ("html", "png"):
        assert main(["watch", "show", "meadow", "--out", str(tmp_path / f"days.{form}"), *watch]) == 0
        assert (tmp_path / f"days.{form}").stat().st_size > 3000
    assert "SIMULATED" in (tmp_path / "days.html").read_text()
    assert main(["watch", "show", "nothing", *watch]) == 2
    assert main(["watch", "show", "meadow", "--out", "x.doc", *watch]) == 2
    assert main(["watch", "confirm", "nothing", *watch]) == 2
    assert main(["watch", "run", "nowhere", *watch]) == 2
    assert main(["watch", "run", "--watch", str(tmp_path / "none.toml")]) == 3


@pytest.mark.slow
def test_a_clearing_is_alerted_on_its_date_and_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive_of(tmp_path / "raw", tmp_path / "archive", START, range(0, 660, 15), change_from=600, cloudy=[60, 240, 420])
    watch = ["--watch", str(tmp_path / "watch.toml")]
    delivery = '[[deliveries]]\nid = "feed"\nkind = "atom"\naddress = "feed.xml"\n'
    (tmp_path / "watch.toml").write_text(f'title = "t"\n{delivery}')
    assert main(["watch", "add", f"meadow={LON_DEG},{LAT_DEG}", "--radius-m", "200", "--deliver", "feed", *watch]) == 0
    capsys.readouterr()
    assert main(["watch", "run", "--json", *watch]) == 0
    said = json.loads(capsys.readouterr().out)
    (alert,) = said["places"][0]["alerts"]
    assert alert["before"][:10] == "2025-08-08" and alert["after"][:10] == "2025-09-22" and alert["simulated"]
    assert alert["area_m2"]["interval"][0] <= 14400.0 <= alert["area_m2"]["interval"][1]
    assert [one["arrived"] for one in said["sent"]] == [True] and "SIMULATED" in (tmp_path / "feed.xml").read_text()
    page = tmp_path / "alert.html"
    assert main(["watch", "show", alert["id"], "--out", str(page), *watch]) == 0
    text = page.read_text()
    assert text.count("data:image/png") == 2 and "off its own past" in text and "1.4 ha" in text
    assert main(["watch", "show", alert["id"][-6:], *watch]) == 0
    assert "set for 1 false alarms" in capsys.readouterr().out
    assert main(["watch", "confirm", alert["id"], "--why", "seen on site", "--who", "her", *watch]) == 0
    out = capsys.readouterr().out
    assert "confirmed" in out and "100% of its judged alerts were right" in out
    assert main(["watch", "list", "--json", *watch]) == 0
    assert json.loads(capsys.readouterr().out)["alerts"][0]["status"] == "confirmed"
    (days,) = [row for row in _days(watch, capsys) if row["day"].startswith("2025-09-22")]
    assert days["state"] == "changed"


def _days(watch: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    assert main(["watch", "show", "meadow", "--json", *watch]) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["days"]
    return found
