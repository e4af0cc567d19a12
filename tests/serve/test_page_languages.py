"""A third language is a file, and a wheel holds the page: both from the sources as they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from tests.serve.browser import NEEDS_PAGE, REPO, console_folder, served, tab  # noqa: E402

pytestmark = [pytest.mark.slow, *NEEDS_PAGE]


def test_a_third_language_is_a_file(browser: Any, tmp_path: Path) -> None:
    """Every text of a made-up French: the English one with a mark before it."""
    copy_web(tmp_path)
    english = json.loads((REPO / "web/src/text/en.json").read_text("utf-8"))
    french = {key: f"\u00ab {text}" for key, text in english.items()}
    (tmp_path / "web/src/text/fr.json").write_text(json.dumps(french), "utf-8")
    subprocess.run([sys.executable, "web/build.py"], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    static = tmp_path / "swath" / "serve" / "static"
    mission = console_folder(tmp_path / "mission", orders=3)
    with served(mission, static=static) as (url, _), tab(browser, url, locale="fr-CA") as one:
        one.go("now?as=table")
        assert one.page.locator("html").get_attribute("lang") == "fr"
        assert one.page.inner_text("h1") == "\u00ab Now"
        names = one.page.locator("header select option").all_inner_texts()
        assert names == ["English", "fran\u00e7ais", "\ud55c\uad6d\uc5b4"]
        left = one.page.locator("nav a").all_inner_texts()
        assert left and all(text.startswith("\u00ab ") for text in left)
        assert one.wrong == []


def test_a_wheel_holds_the_page_and_shows_it(browser: Any, tmp_path: Path) -> None:
    """Made as people make it, unpacked where nothing else is, served from there by a process of its own."""
    wheel_of = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    source = tmp_path / "source"
    source.mkdir()
    copy_web(source)
    shutil.copytree(REPO / "swath", source / "swath", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copytree(REPO / "examples", source / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPO / name, source / name)
    subprocess.run([*wheel_of, "-w", tmp_path, source], check=True, capture_output=True, timeout=600)
    (wheel,) = tmp_path.glob("swath-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    held = [name for name in names if name.startswith("swath/serve/static/")]
    assert "swath/serve/static/index.html" in held and any(name.endswith(".css") for name in held)
    assert any("cesium/Workers" in name for name in held) and "swath/serve/static/licences.txt" in held
    assert not any(name.startswith(("web/", "tests/")) for name in names)
    folder = console_folder(tmp_path / "mission", orders=3)
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "from swath.cli.main import main; raise SystemExit(main())"]
    running = subprocess.Popen(
        [*command, "serve", str(folder), "--port", "0", "--workers", "0"],
        cwd=tmp_path,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stderr is not None
        line = next(text for text in running.stderr if "http://" in text)
        url = "http://127.0.0.1:" + line.partition("http://127.0.0.1:")[2].split()[0] + "/"
        wait_for(url + "health")
        with tab(browser, url) as one:
            one.go("now?as=map")
            assert one.page.inner_text("h1") == "Now" and one.wrong == []
            assert [asked for asked in one.asked if not asked.startswith((url, "blob:", "data:"))] == []
    finally:
        running.terminate()
        running.communicate(timeout=20)


def copy_web(folder: Path) -> None:
    """The page's sources, to be built there: other tests look at the page of this checkout meanwhile."""
    shutil.copytree(REPO / "web", folder / "web", ignore=shutil.ignore_patterns("node_modules"))
    os.symlink(REPO / "web" / "node_modules", folder / "web" / "node_modules")


def wait_for(url: str) -> None:
    """Until it answers; the address is told a moment before."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")
