"""How long may a command go on? A clock with a stop time, which Ctrl-C brings forward."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from swath.errors import InputError

__all__ = ["Clock", "Until", "interruptible", "say_compiled", "seconds_of"]

_LONG_S = 1.0


class Until:
    """Is such a share of a clock's time gone? And how long until then?"""

    def __init__(self, clock: Clock, share: float = 1.0) -> None:
        self._clock, self._share = clock, share

    def __call__(self) -> bool:
        """Is it gone?"""
        return self._clock.used() >= self._share

    def left_s(self) -> float:
        """Seconds, at least 0."""
        return 0.0 if self._clock.interrupted else max(self._share * self._clock.stop_s - self._clock.passed_s(), 0.0)


class _Compiling:
    """Listens to numba: how long has it been compiling since this was made?"""

    def __init__(self) -> None:
        from numba.core import event

        self._depth, self._since, self._sum_s = 0, 0.0, 0.0
        event.register("numba:compile", self._listener(event))  # type: ignore[no-untyped-call]

    def _listener(self, event: Any) -> Any:
        clock = self

        class Listener(event.Listener):  # type: ignore[misc]
            def on_start(self, event: Any) -> None:
                if clock._depth == 0:
                    clock._since = time.monotonic()
                clock._depth += 1

            def on_end(self, event: Any) -> None:
                clock._depth -= 1
                if clock._depth == 0:
                    clock._sum_s += time.monotonic() - clock._since

        return Listener()

    def seconds(self) -> float:
        """So far, a compilation that goes on now included."""
        return self._sum_s + (time.monotonic() - self._since if self._depth > 0 else 0.0)


class Clock:
    """A budget of wall-clock seconds, from its making on; used up at once when somebody interrupts.

    It stands still while kernels are compiled: that happens once after an installation, is kept on disk, and no search
    can be asked to stop within it.
    """

    def __init__(self, stop_s: float) -> None:
        self.stop_s, self._begun, self.interrupted = stop_s, time.monotonic(), False
        self._compiling = _Compiling()
        self.first_plan_s: float | None = None
        """when the first plan worth anything stood"""

    def used(self) -> float:
        """The share of the time that is gone."""
        return 1.0 if self.interrupted else self.passed_s() / self.stop_s

    def left_s(self) -> float:
        """Seconds that are left, at least 0."""
        return 0.0 if self.interrupted else max(self.stop_s - self.passed_s(), 0.0)

    def passed_s(self) -> float:
        """Seconds since it began, without those of compiling."""
        return time.monotonic() - self._begun - self.compiled_s()

    def compiled_s(self) -> float:
        """Seconds that kernels were compiled for since it began."""
        return self._compiling.seconds()


def say_compiled(clock: Clock) -> None:
    """On stderr: what compiling took, if that was long enough to wonder."""
    if clock.compiled_s() > _LONG_S:
        words = f"compiling took {clock.compiled_s():.0f} s, which the stop time does not count: once after installing"
        print(f"swath: {words}", file=sys.stderr)


@contextmanager
def interruptible(clock: Clock) -> Iterator[None]:
    """The first interrupt ends the search with what it has; a second one ends the command."""

    def halt(number: int, frame: FrameType | None) -> None:
        if clock.interrupted:
            raise KeyboardInterrupt
        clock.interrupted = True

    old = signal.signal(signal.SIGINT, halt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


def seconds_of(text: str) -> float:
    """How long is ``60s``, ``3min`` or ``1h``?"""
    for unit, size in (("min", 60.0), ("ms", 1e-3), ("s", 1.0), ("h", 3600.0), ("", 1.0)):
        if text.endswith(unit):
            try:
                value = float(text.removesuffix(unit)) * size
            except ValueError:
                break
            if 0.0 < value < 1e7:
                return value
            break
    raise InputError(f"{text!r} is no length of time", where="--stop", fix="Write it as 60s, 3min or 1h")
