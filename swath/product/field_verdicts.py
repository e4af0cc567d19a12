"""What was learnt from visits: a field that was all right has to be more unusual to be listed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from swath.errors import InputError

__all__ = ["START", "Thresholds", "Verdict", "parse_verdicts", "thresholds_from"]

START = 3.2
"""sigmas; about one field in a hundred by chance (tests/product/test_field_check.py)"""
_LEAST, _MOST = 2.5, 8.0
_MARGIN = 1.2
_STEP = 0.3
WORDS = ("dismissed", "confirmed")


@dataclass(frozen=True)
class Verdict:
    """What somebody found who went there."""

    field: str
    crop: str
    kind: str
    verdict: str
    """``dismissed`` (all was right) or ``confirmed``"""
    score_ratio: float
    time: str
    """of the look that had it listed"""
    because: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in WORDS or not np.isfinite(self.score_ratio):
            raise InputError(
                f"verdict {self.verdict!r} with score {self.score_ratio}", fix=f"Write {' or '.join(WORDS)}"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "field": self.field, "crop": self.crop, "kind": self.kind, "verdict": self.verdict,
            "score": self.score_ratio, "time": self.time, "because": self.because,
        }  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """What a score has to pass, by field and kind, and by crop and kind."""

    fields: dict[tuple[str, str], float]
    crops: dict[tuple[str, str], float]

    def of(self, field: str, crop: str, kind: str) -> float:
        """The threshold of one field for one kind of departure."""
        return max(self.fields.get((field, kind), 0.0), self.crops.get((crop, kind), START))


def parse_verdicts(entries: Any, *, where: str = "") -> tuple[Verdict, ...]:
    """Verdicts from a JSON list; :class:`InputError` for anything else."""
    if not isinstance(entries, list):
        raise InputError("no list of verdicts", where=where, fix="Let swath product fields dismiss write it")
    try:
        return tuple(
            Verdict(
                str(entry["field"]), str(entry["crop"]), str(entry["kind"]), str(entry["verdict"]),
                float(entry["score"]), str(entry["time"]), str(entry.get("because", "")),
            )
            for entry in entries
        )  # fmt: skip
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            f"no list of verdicts: {error}", where=where, fix="Let swath product fields dismiss write it"
        ) from error


def thresholds_from(verdicts: Sequence[Verdict]) -> Thresholds:
    """What follows from all verdicts: the field itself has to be a fifth more unusual than when it was dismissed, its
    crop a third of a sigma for each dismissal more than there are confirmations, between 2.5 and 8 sigmas.
    """
    fields: dict[tuple[str, str], float] = {}
    crops: dict[tuple[str, str], float] = {}
    for one in verdicts:
        key, kind = (one.field, one.kind), (one.crop, one.kind)
        up = one.verdict == "dismissed"
        if up:
            fields[key] = max(fields.get(key, 0.0), _MARGIN * one.score_ratio)
        else:
            fields.pop(key, None)
        crops[kind] = float(np.clip(crops.get(kind, START) + (_STEP if up else -_STEP), _LEAST, _MOST))
    return Thresholds(fields, crops)
