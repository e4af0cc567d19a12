"""The processes that take and map pictures beside the one that plans and talks to the link."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread

from swath.access.stream import Executor
from swath.errors import DataError, InputError
from swath.operate.memory import give_back_memory

__all__ = ["WORKERS", "cluster", "worker_pool"]

WORKERS = 2

_FOR_WORKERS = {"PYTHONSAFEPATH": "1", "OPENBLAS_NUM_THREADS": "1"}
"""their environment: there is a worker for each core, and threads of linear algebra beside it only spin"""

_SHARED = ("swath.operate.ground", "swath.operate.shot", "swath.operate.before")
"""imported once, before the workers are forked"""


@contextmanager
def worker_pool(workers: int = WORKERS, imports: Sequence[str] = _SHARED) -> Iterator[ProcessPoolExecutor]:
    """A pool of worker processes, forked from a clean server so that threads of this process do no harm.

    The server is started with Python's safe path: else a ``random.py`` in the folder that a user stands in would be
    taken for the standard library's. It and the workers inherit a blocked SIGINT: an interrupt from the keyboard is for
    the process that they work for. A thread starts the workers, which takes until the server has its imports: an
    interrupt strikes the main thread only, and so never between asking for a worker and counting it in.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(imports))
    before = {name: os.environ.get(name) for name in _FOR_WORKERS}
    os.environ.update(_FOR_WORKERS)
    multiprocessing.resource_tracker.ensure_running()  # first: starting it unblocks SIGINT
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        # With its queues half made an interrupt would leave their semaphores behind: it waits until they are whole.
        with ProcessPoolExecutor(workers, mp_context=context, initializer=give_back_memory) as pool:
            starter = Thread(target=_start, args=(pool, workers))
            starter.start()
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
                yield pool
            except BaseException:
                starter.join()
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


def _start(pool: ProcessPoolExecutor, workers: int) -> None:
    """A worker is started with each task that finds none idle: as many short tasks as there shall be workers.

    A pool that has ended meanwhile (an interrupt) needs none; one that is broken says so to whoever gives it work.
    """
    with suppress(RuntimeError):
        for _ in range(workers):
            pool.submit(time.sleep, 0.1)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler at an address such as ``tcp://10.0.0.1:8786``; swath must be installed there.

    Raises :class:`InputError` where ``distributed`` is not installed or the address is none, and :class:`DataError`
    where nobody answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        fix = "Install it: pip install 'swath[cluster]', or leave --cluster out"
        raise InputError("distributed is not installed", where="--cluster", fix=fix) from error
    try:
        client = Client(address, timeout=10.0)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError) as error:
        raise DataError(
            f"no scheduler answers at {address}", where="--cluster", fix="Start one: dask scheduler"
        ) from error
    except ValueError as error:
        raise InputError(f"{address!r} is no address", where="--cluster", fix="Give tcp://HOST:PORT") from error
    with client:
        yield client
