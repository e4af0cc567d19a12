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
from swath.serve.service import Service
from swath.serve.stapi_opportunities import answer_job
from swath.store import jobs
from swath.store.searches import JOB_KIND

__all__ = ["at_work", "work_once"]

_LOG = logging.getLogger("swath.serve")
_LOOK_S = 0.5


def work_once(service: Service, asking: Asking, who: str) -> bool:
    """Do the next search that waits; False where none does."""
    with service.db.reading() as connection:
        if not jobs.counts(connection)["queued"]:
            return False
    with service.db.writing(who=who, at_us=service.clock()) as write:
        jobs.release(write, [JOB_KIND])
        job = jobs.claim(write, who, [JOB_KIND], lease_s=300.0)
    if job is None:
        return False
    try:
        answer_job(service, asking, job, who)
    except Exception as error:
        _LOG.exception("job", extra={"job": job.id})
        because = str(error) if isinstance(error, SwathError) else type(error).__name__
        with service.db.writing(who=who, at_us=service.clock()) as write:
            jobs.fail(write, job, who, because)
    return True


@contextmanager
def at_work(service: Service, asking: Asking) -> Iterator[None]:
    """A thread that does what waits, until the block ends."""
    who, ends = f"service-{secrets.token_hex(4)}", threading.Event()

    def work() -> None:
        while not ends.is_set():
            try:
                busy = work_once(service, asking, who)
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
