from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from swath.access import stream
from swath.access.bulk import base_windows
from swath.access.cost import LARGEST, Cost, check_cost, estimate
from swath.access.many import ground_of
from swath.access.stream import WINDOWS, Limits, access_batches
from swath.errors import DataError, InputError
from swath.model import Elements
from swath.orbit.ephemeris import good_step_s, sgp4_ephemeris, tabulate
from swath.sources.eop import packaged_eop
from swath.store.batches import write_batches
from tests.access.test_bulk import some_places
from tests.orbit.orbits import EPOCH, made_up

HOUR = np.timedelta64(1, "h")
PLACES = some_places(40)
FLEET = {
    f"SW-{n}": made_up(perigee_km=480 + 90 * n, apogee_km=500 + 95 * n, inclination_deg=97 - 13 * n, raan_deg=50.0 * n)
    for n in range(7)
}
LOOK = Limits(max_off_nadir_deg=50.0)


def rows(**options: Any) -> pa.Table:
    asked = {"elements": FLEET, "places": PLACES, "start": EPOCH, "stop": EPOCH + 12 * HOUR, "limits": LOOK} | options
    return pa.Table.from_batches(access_batches(eop=packaged_eop(), **asked), WINDOWS)


def test_the_rows_are_the_windows_of_every_satellite_in_order() -> None:
    table = rows()
    assert table.num_rows > 200
    names = table["satellite"].to_pylist()
    assert list(dict.fromkeys(names)) == list(FLEET)
    for name, elements in FLEET.items():
        motion = tabulate(sgp4_ephemeris(elements, packaged_eop()), EPOCH, EPOCH + 12 * HOUR, good_step_s(elements))
        want = base_windows(motion, ground_of(PLACES), max_off_nadir_deg=50.0)
        mine = table.filter(np.array(names) == name)
        assert mine["place"].to_pylist() == [PLACES[number].id for number in want.place]
        for column, seconds_s in (("start", want.start_s), ("closest", want.closest_s), ("stop", want.stop_s)):
            after_ns = mine[column].cast(pa.int64()).to_numpy() - EPOCH.astype(np.int64)
            assert np.abs(after_ns * 1e-9 - seconds_s).max() < 1e-6


def test_threads_and_processes_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    want = rows()
    monkeypatch.setattr(stream, "_UNIT", 80)  # several units, of two satellites or one
    assert rows().equals(want)
    with ThreadPoolExecutor(3) as pool:
        assert rows(executor=pool).equals(want)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as pool:
        assert rows(executor=pool).equals(want)


@pytest.mark.slow
def test_a_cluster_gives_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(stream, "_UNIT", 80)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    options |= {"host": "127.0.0.1", "protocol": "tcp://"}  # else it asks which of its addresses the world sees
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        assert rows(executor=client).equals(rows())


def test_no_more_than_a_few_units_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_UNIT", 1)
    monkeypatch.setattr(stream, "_AHEAD", 3)
    begun = []

    class Here:
        def submit(self, fn: Callable[..., Any], /, *args: Any) -> Future[Any]:
            begun.append(args)
            future: Future[Any] = Future()
            future.set_result(fn(*args))
            return future

    batches = access_batches(FLEET, PLACES, EPOCH, EPOCH + 12 * HOUR, packaged_eop(), LOOK, executor=Here())
    next(batches)
    assert len(begun) == 3


def test_a_satellite_without_an_orbit_is_told_of_or_stops_the_run() -> None:
    old = Elements(**{**FLEET["SW-0"].__dict__, "epoch": EPOCH - np.timedelta64(60, "D")})
    fleet = {"old": old, **FLEET}
    with pytest.raises(DataError, match="60"):
        rows(elements=fleet)
    told: dict[str, str] = {}
    progress: list[tuple[int, int]] = []
    table = rows(elements=fleet, refused=told.__setitem__, done=lambda n, of: progress.append((n, of)))
    assert list(told) == ["old"]
    assert table.equals(rows()) or table["satellite"].to_pylist() == rows()["satellite"].to_pylist()
    assert progress[-1] == (8, 8)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_file_holds_the_rows_whole(tmp_path: Path, ending: str) -> None:
    want = rows()
    path = tmp_path / f"windows.{ending}"
    batches = access_batches(FLEET, PLACES, EPOCH, EPOCH + 12 * HOUR, packaged_eop(), LOOK)
    assert write_batches(path, WINDOWS, batches) == want.num_rows
    assert list(tmp_path.iterdir()) == [path]
    if ending == "parquet":
        got = pq.read_table(path)
        assert got.schema.field("start").type == pa.timestamp("ns", "UTC")
        for name in WINDOWS.names:
            assert got[name].to_pylist() == want[name].to_pylist()
    else:
        got = pyarrow.csv.read_csv(path)
        assert got["place"].to_pylist() == want["place"].to_pylist()
        off = got["start"].cast(pa.timestamp("ns", "UTC")).cast(pa.int64()).to_numpy()
        assert np.abs(off - want["start"].cast(pa.int64()).to_numpy()).max() <= 500_000
        assert "Z" in path.read_text().splitlines()[1]


def test_an_error_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    def breaks() -> Iterator[pa.RecordBatch]:
        yield from access_batches(FLEET, PLACES, EPOCH, EPOCH + 2 * HOUR, packaged_eop(), LOOK)
        raise DataError("the cluster is gone")

    (tmp_path / "windows.parquet").write_text("of yesterday")
    with pytest.raises(DataError, match="cluster"):
        write_batches(tmp_path / "windows.parquet", WINDOWS, breaks())
    assert [path.name for path in tmp_path.iterdir()] == ["windows.parquet"]
    assert (tmp_path / "windows.parquet").read_text() == "of yesterday"
    with pytest.raises(InputError, match=r"\.xlsx"):
        write_batches(tmp_path / "windows.xlsx", WINDOWS, breaks())
    with pytest.raises(InputError, match="no file"):
        write_batches(tmp_path / "nowhere" / "windows.csv", WINDOWS, breaks())


@pytest.mark.parametrize(
    "limits", [Limits(min_elevation_deg=10.0), Limits(max_off_nadir_deg=30.0), Limits(20.0, 60.0), Limits(-3.0)]
)
def test_the_estimate_is_near_the_number_of_windows(limits: Limits) -> None:
    places, stop = some_places(400), EPOCH + 48 * HOUR
    cost = estimate(FLEET.values(), len(places), EPOCH, stop, limits)
    found = sum(map(len, access_batches(FLEET, places, EPOCH, stop, packaged_eop(), limits)))
    assert found == pytest.approx(cost.windows, rel=0.2)
    assert 0.0 < cost.seconds_s < 60.0 and cost.file_bytes > 20.0 * found


def test_an_enormous_run_needs_a_yes() -> None:
    many = {f"{n}": FLEET["SW-0"] for n in range(100)}
    cost = estimate(many.values(), 10**8, EPOCH, EPOCH + 700 * HOUR, LOOK)
    assert cost.windows > LARGEST
    with pytest.raises(InputError, match=r"windows would be found.*minutes of one core.*GB"):
        check_cost(cost, confirmed=False)
    check_cost(cost, confirmed=True)
    check_cost(Cost(LARGEST, 1.0, 1), confirmed=False)


@pytest.mark.parametrize("wrong", [{"min_elevation_deg": 91.0}, {"max_off_nadir_deg": -1.0}])
def test_limits_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Limits(**wrong)
