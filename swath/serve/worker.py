"""Who answers what was put off? One worker in the service itself, for what needs only the fleet's orbits.

Plans, products and deliveries are done by workers of their own; this one takes only searches for opportunities.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from swath.errors import SwathError
from swath.operate.asking import Asking
from swath.operate.loop.work import Shift, do_next
from swath.serve.service import Service
from swath.serve.stapi_opportunities import answering
from swath.store import jobs
from swath.store.searches import JOB_KIND

__all__ = ["at_work", "work_once"]

_LOG = logging.getLogger("swath.serve")
_LOOK_S = 0.5


def work_once(shift: Shift) -> bool:
    """Do the next search that waits; False where none does."""
    with shift.db.reading() as connection:
        if not jobs.counts(connection)["queued"]:
            return False
    with shift.db.writing(who=shift.worker, at_us=shift.clock()) as write:
        jobs.release(write, [JOB_KIND])
    return do_next(shift) is not None


@contextmanager
def at_work(service: Service, asking: Asking) -> Iterator[None]:
    """A thread that does what waits, until the block ends."""
    ends = threading.Event()
    duties = {JOB_KIND: answering(service, asking)}
    shift = Shift(service.db, service.folder, f"service-{secrets.token_hex(4)}", duties, service.clock)

    def work() -> None:
        while not ends.is_set():
            try:
                busy = work_once(shift)
            except SwathError as error:
                _LOG.warning("worker", extra={"what": str(error)})
                busy = False
            if not busy:
                ends.wait(_LOOK_S)

    thread = threading.Thread(target=work, name="swath-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(10.0)
