"""What goes wrong in a worker comes home as it was, and the pool goes on."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from swath.errors import DataError, Infeasible, InputError, PluginError, SwathError
from swath.operate.workers import _start, worker_pool
from swath.store.mission import read_mission


@pytest.mark.parametrize("kind", [SwathError, InputError, DataError, Infeasible, PluginError])
def test_an_error_is_the_same_in_another_process(kind: type[SwathError]) -> None:
    error = kind("too wide", where="place p", fix="Ask for less")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and vars(again) == vars(error) and str(again) == str(error)


def test_an_error_in_a_worker_is_raised_here_and_the_next_task_is_done(tmp_path: Path) -> None:
    with worker_pool() as pool:
        with pytest.raises(DataError, match="mission file does not exist"):
            pool.submit(read_mission, tmp_path / "none.toml").result()
        assert pool.submit(len, "abc").result() == 3


def test_a_pool_that_has_ended_is_given_no_workers() -> None:
    with ProcessPoolExecutor(1) as pool:
        pass
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(len, "")
    _start(pool, 2)
    assert not pool._processes
