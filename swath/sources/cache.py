"""What the web gave, kept on disk with its provenance, so that nobody is asked twice for the same thing.

An entry is one file: a line of JSON that says where the bytes are from, and the bytes. It is written whole under
another name and then renamed. A source that refuses is left alone: its host is not asked again before the time that it
names, or two hours.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from swath.errors import DataError, InputError
from swath.sources.provenance import Provenance, in_words
from swath.sources.web import Answer
from swath.time import format_utc, parse_utc, seconds

__all__ = ["Cache", "Rules", "default_cache", "kept_or_asked"]

_REFUSED_S = 7200.0
_LONGEST_WAIT_S = 7 * 86400.0


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swath" / "sources"


def _clock() -> np.datetime64:
    return np.datetime64("now", "ns")


@dataclass(frozen=True)
class Cache:
    """A folder of what was fetched, and whether the network may be used."""

    folder: Path = field(default_factory=_folder)
    offline: bool = False
    clock: Callable[[], np.datetime64] = _clock


def default_cache(*, offline: bool = False) -> Cache:
    """The user's own (``XDG_CACHE_HOME``, or ``~/.cache/swath/sources``); ``SWATH_OFFLINE=1`` keeps off the network."""
    return Cache(offline=offline or os.environ.get("SWATH_OFFLINE", "") not in ("", "0"))


@dataclass(frozen=True)
class Rules:
    """What a source asks of those who ask it."""

    least_age_s: float
    """the same question not again within this"""
    stop_at: tuple[int, ...] = (403, 429, 503)
    """answers after which its host is left alone; ``()`` stands for all but 200 and 304"""
    per_minute: float = 1e9
    per_hour: float = 1e9
    """questions to the host"""


def kept_or_asked(
    cache: Cache,
    source: str,
    url: str,
    request: Callable[[Mapping[str, str]], Answer],
    *,
    rules: Rules,
    usable: Callable[[bytes], str],
) -> tuple[bytes, Provenance]:
    """The bytes of an address: those kept if they are young enough by the ``rules``, else asked for anew.

    ``request`` is given the headers that let a server say "not changed". ``usable`` says what is wrong with an answer,
    or nothing: a bad one never replaces a good one. When the source cannot be reached or refuses, what is kept is
    given with its age and the reason as ``note``. Raises :class:`DataError` where there is nothing to give.
    """
    with _alone(cache):
        now = cache.clock()
        body, kept = _read(cache, url)
        if kept and _age_s(now, kept.fetched) < rules.least_age_s:
            return body, kept
        wait = "the network is switched off" if cache.offline else _waiting(cache, url, now)
        if not wait:
            wait = _too_often(cache, url, now, rules)
        if not wait:
            answer = request(_unless_changed(kept))
            if kept and answer.status == 304:
                fresh = replace(kept, fetched=now, note="")
                _write(cache, url, body, fresh)
                return body, fresh
            wait = _refusal(cache, url, answer, now, rules) or usable(answer.body)
            if not wait:
                fresh = _provenance(source, url, answer, now)
                _write(cache, url, answer.body, fresh)
                return answer.body, fresh
            if answer.status and not _stops(answer, rules):  # it has nothing: asking at once would change nothing
                _leave_alone(cache, _name(url), now + seconds(_REFUSED_S), wait)
        if kept is None:
            raise DataError(f"nothing to give: {wait}", where=url, fix="Try later, or give a file of elements")
        return body, replace(kept, note=wait)


def _age_s(now: np.datetime64, then: np.datetime64) -> float:
    """Negative for a clock that was set back: then it counts as old."""
    age = float((now - then) / np.timedelta64(1, "s"))
    return age if age >= -60.0 else np.inf


def _unless_changed(kept: Provenance | None) -> dict[str, str]:
    if kept is None:
        return {}
    conditions = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _provenance(source: str, url: str, answer: Answer, now: np.datetime64) -> Provenance:
    return Provenance(
        source=source,
        url=url,
        fetched=now,
        sha256=hashlib.sha256(answer.body).hexdigest(),
        etag=answer.headers.get("etag", "")[:200],
        last_modified=answer.headers.get("last-modified", "")[:200],
    )


def _refusal(cache: Cache, url: str, answer: Answer, now: np.datetime64, rules: Rules) -> str:
    """Why there is no new answer; empty where there is one. A host that refuses is noted down."""
    if answer.status == 200:
        return ""
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.body.decode("utf-8", "replace"))).strip()
    why = answer.why or f"HTTP {answer.status}"
    why = f"{why}: {said[:200]}" if said else why
    if _stops(answer, rules):
        named = answer.headers.get("retry-after", "")
        wait_s = min(float(named), _LONGEST_WAIT_S) if re.fullmatch(r"[0-9]{1,9}", named) else _REFUSED_S
        _leave_alone(cache, _host(url), now + seconds(wait_s), why)
    return why


def _stops(answer: Answer, rules: Rules) -> bool:
    """Does the answer end all questions to the host? One that was not reached (0) may be back any moment."""
    return answer.status in rules.stop_at if rules.stop_at else answer.status not in (0, 200, 304)


def _too_often(cache: Cache, url: str, now: np.datetime64, rules: Rules) -> str:
    """Why one more question now would be too many; empty where it is not, and then it is counted."""
    path = cache.folder / f"{_host(url)}.times"
    try:
        times = [float(t) for t in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        times = []
    second = float(now.astype("datetime64[ms]").astype(np.int64)) / 1e3
    times = [t for t in times if 0.0 <= second - t < 3600.0]
    for most, within_s in ((rules.per_minute, 60.0), (rules.per_hour, 3600.0)):
        if sum(second - t < within_s for t in times) >= most:
            return f"{most:.0f} questions in {in_words(seconds(within_s))} are as many as {_host(url)} allows"
    _put(cache, path.name, json.dumps([*times, second]).encode())
    return ""


def _waiting(cache: Cache, url: str, now: np.datetime64) -> str:
    """Why the address must not be asked yet; empty where it may."""
    for name in (_host(url), _name(url)):
        try:
            said = json.loads((cache.folder / f"{name}.wait").read_text("utf-8"))
            until, why = parse_utc(said["until"]), str(said["why"])
        except (OSError, ValueError, KeyError, TypeError, InputError):
            continue
        if now < until:
            return f"not asked again for {in_words(until - now)}, it said: {why}"
    return ""


def _leave_alone(cache: Cache, name: str, until: np.datetime64, why: str) -> None:
    _put(cache, f"{name}.wait", json.dumps({"until": format_utc(until), "why": why}).encode())


def _host(url: str) -> str:
    return re.sub(r"[^a-z0-9.-]", "_", urlsplit(url).netloc.lower().rpartition("@")[2])


def _name(url: str) -> str:
    return f"{_host(url)}-{hashlib.sha256(url.encode()).hexdigest()[:24]}"


def _read(cache: Cache, url: str) -> tuple[bytes, Provenance | None]:
    """The entry of an address; none where it is damaged."""
    try:
        head, _, body = (cache.folder / f"{_name(url)}.kept").read_bytes().partition(b"\n")
        said: dict[str, Any] = json.loads(head)
        kept = Provenance(**{**said, "fetched": parse_utc(said["fetched"])})
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return b"", None
    whole = kept.url == url and hashlib.sha256(body).hexdigest() == kept.sha256
    return (body, kept) if whole else (b"", None)


def _write(cache: Cache, url: str, body: bytes, kept: Provenance) -> None:
    head = json.dumps({**vars(kept), "fetched": format_utc(kept.fetched, decimals=9), "note": ""})
    _put(cache, f"{_name(url)}.kept", head.encode() + b"\n" + body)


def _put(cache: Cache, name: str, content: bytes) -> None:
    try:
        cache.folder.mkdir(parents=True, exist_ok=True)
        scratch = cache.folder / f"{name}.{os.getpid()}.part"
        scratch.write_bytes(content)
        scratch.replace(cache.folder / name)
    except OSError as error:
        raise _unwritable(cache, error) from error


def _unwritable(cache: Cache, error: OSError) -> DataError:
    """Without a cache nobody could be polite: better not to ask at all."""
    return DataError(
        f"cannot keep what is fetched: {error.strerror}",
        where=str(cache.folder),
        fix="Set XDG_CACHE_HOME to a folder that can be written",
    )


@contextmanager
def _alone(cache: Cache) -> Iterator[None]:
    """One process at a time, so that two that start together ask once."""
    import fcntl

    try:
        cache.folder.mkdir(parents=True, exist_ok=True)
        lock = (cache.folder / "lock").open("wb")
    except OSError as error:
        raise _unwritable(cache, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
