"""The exception tree. Every error says what is wrong, where, and what to do about it."""

from __future__ import annotations

__all__ = ["DataError", "Infeasible", "InputError", "PluginError", "SwathError"]


class SwathError(Exception):
    """Anything swath refuses to do, in words a user can act on.

    ``what`` is the fault, ``where`` the file, key or record it was found in, ``fix`` the next step.
    ``exit_code`` is what the command line returns.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what, where, fix)

    def __reduce__(self) -> tuple[object, ...]:
        """How an error comes home from another process: one that cannot takes the whole pool down with it."""
        return _made_again, (type(self), self.what, self.where, self.fix)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.fix}" if self.fix else text


class InputError(SwathError):
    """What the user gave is wrong: a key, a value, a file's form. Exit code 2."""

    exit_code = 2


class DataError(SwathError):
    """Data is missing, stale, damaged or out of the range it is good for. Exit code 3."""

    exit_code = 3


class Infeasible(SwathError):
    """The question is sound and its answer is no. Exit code 1."""


class PluginError(SwathError):
    """A plugin breaks the protocol it claims to satisfy. Exit code 2."""

    exit_code = 2


def _made_again(kind: type[SwathError], what: str, where: str, fix: str) -> SwathError:
    return kind(what, where=where, fix=fix)
