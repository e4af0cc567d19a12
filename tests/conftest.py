"""What every test can count on: no network, repeatable chance, and reference data where it is present."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("SWATH_SHARED_DATA", REPO.parent / "shared" / "data"))
OFFLINE = Path(__file__).parent / "offline"

# The first call of a numba kernel compiles it: a deadline would measure the compiler.
settings.register_profile("dev", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Python code is stopped by tests/offline, here and in child processes; C libraries (GDAL, PROJ) by a proxy on a closed
# port and their own switches. At import time, so that fixtures of every scope are held to it too.
sys.path.insert(0, str(OFFLINE))
import no_network  # noqa: E402, F401

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
os.environ |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
os.environ |= {"no_proxy": "localhost,127.0.0.1,::1", "PROJ_NETWORK": "OFF", "NO_COLOR": "1"}

# Tests run on all cores already: threads of linear algebra beside them only spin. Before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Modules and rewritten tests are compiled once, for child processes too, also where the environment keeps no bytecode:
# compiling all of them anew costs each process 15 s, and numba's kernels are kept beside it anyway.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell has what it starts in the background ignore the keyboard's interrupt, and so would the programs under test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _why_absent() -> str:
    return "" if SHARED_DATA.is_dir() else f"no reference data at {SHARED_DATA} (set SWATH_SHARED_DATA)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_shared_data") and (why := _why_absent()):
        pytest.skip(why)


LONGEST = ("stories", "plan", "operate", "cli", "product")
"""folders whose files take longest: they begin first, so that none is alone at work in the end"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {folder: place for place, folder in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(REPO).parts[1], len(rank)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of other people's measurements and catalogues; the test is skipped where a machine has none."""
    if why := _why_absent():
        pytest.skip(why)
    return SHARED_DATA


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the checkout."""
    return REPO
