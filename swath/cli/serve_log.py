"""Where does the service's log go? To standard error, for people or as one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from swath.errors import InputError

__all__ = ["set_up_log"]

_STANDARD = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}


class _Form(logging.Formatter):
    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {k: v for k, v in vars(record).items() if k not in _STANDARD and v is not None}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        if self.as_json:
            words = {"at": at, "level": record.levelname.lower(), "name": record.name, "said": record.getMessage()}
            return json.dumps({**words, **told}, ensure_ascii=False, default=str)
        trace = told.pop("trace", "")
        more = " ".join(f"{name}={value}" for name, value in told.items())
        return f"{at} {record.levelname.lower()} {record.getMessage()} {more}".rstrip() + (
            f"\n{trace}" if trace else ""
        )


def set_up_log(form: str) -> None:
    """Let the loggers of swath and of the server write to standard error. :class:`InputError` for another form."""
    if form not in ("plain", "json"):
        raise InputError(f"{form!r}", where="--log", fix="Give plain or json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Form(form == "json"))
    for name, level in (
        ("swath", logging.INFO if form == "json" else logging.WARNING),
        ("uvicorn.error", logging.WARNING),
    ):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False
