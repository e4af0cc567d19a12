"""What happens to every request before and after its route? Its number, who asks, limits, headers, log and counts.

One plain ASGI layer: it is on the way of every request, so it does little and in one place. The order matters: what is
too large or from a strange page is refused before anybody looks who asks, and nobody is counted twice.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from swath.errors import DataError
from swath.serve.auth import Caller
from swath.serve.oidc import subject_of
from swath.serve.problems import Problem, problem_response
from swath.serve.service import Service, is_loopback
from swath.store.people import person_of_subject, person_of_token

__all__ = ["COOKIE", "Counts", "Edge"]

COOKIE = "swath_token"
_LOG = logging.getLogger("swath.access")
_LOCAL = Caller("local", "admin", local=True)
_REMEMBERED_S = 5.0
"""how long a revoked token may still open: tokens are looked up that seldom"""
_SAFE = ("GET", "HEAD", "OPTIONS")
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""the least with which the page works, globe and map included (tests/serve/test_page.py)"""
_HEADERS: Sequence[tuple[str, str]] = (
    ("content-security-policy", _CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(self)"),
)


@dataclass(frozen=True)
class Counts:
    """What Prometheus reads."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "requests",
            Counter("swath_requests", "Requests", ("method", "route", "status"), registry=self.registry),
        )
        object.__setattr__(
            self, "seconds", Histogram("swath_request_seconds", "Time of an answer", ("route",), registry=self.registry)
        )

    requests: Any = None
    seconds: Any = None


@dataclass
class _Bucket:
    tokens: float
    at_s: float


class Edge:
    """The layer around the whole application."""

    def __init__(
        self, app: ASGIApp, service: Service, counts: Counts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app, self.service, self.counts, self.clock = app, service, counts, clock
        self.buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self.remembered: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = self.clock()
        headers = Headers(scope=scope)
        id = secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = id
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._finish_headers(MutableHeaders(scope=message), headers, id)
            await send(message)

        try:
            refused = await self._admit(scope, headers, state, id)
            if refused is not None:
                await refused(scope, receive, sending)
            else:
                await self.app(scope, _limited(receive, self.service.settings.limits.upload_bytes), sending)
        except Exception:
            _LOG.exception("error", extra={"request_id": id})
            if status == 500:
                await problem_response(500, "something went wrong in the service", id)(scope, receive, sending)
        finally:
            self._tell(scope, state, id, status, self.clock() - began)

    async def _admit(self, scope: Scope, headers: Headers, state: dict[str, Any], id: str) -> ASGIApp | None:
        """Who asks, and may they ask at all? A response where not."""
        settings = self.service.settings
        host = headers.get("host", "")
        if settings.open and not is_loopback(_hostname(host)):
            return problem_response(400, "this service answers on this machine only", id)
        origin = headers.get("origin")
        if origin and origin != "null" and origin not in settings.allow_origins and urlsplit(origin).netloc != host:
            if scope["method"] not in _SAFE:
                return problem_response(403, "a page of another address may not ask this", id)
        elif origin == "null" and scope["method"] not in _SAFE:
            return problem_response(403, "a page of no address may not ask this", id)
        if scope["method"] == "OPTIONS" and headers.get("access-control-request-method"):
            return _preflight(origin in settings.allow_origins)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > settings.limits.upload_bytes:
            return problem_response(413, f"at most {settings.limits.upload_bytes} bytes may be sent", id)
        try:
            state["caller"] = caller = _LOCAL if settings.open else await self._caller(headers)
        except DataError as error:
            return problem_response(503, error.what, id, fix=error.fix)
        if caller is not None and caller.local:
            return None
        client = scope.get("client") or ("-", 0)
        name = f"person {caller.person}" if caller else f"address {client[0]}"
        per_s, burst = settings.limits.requests_per_s, settings.limits.burst_count
        if caller is not None and (own := caller.limits.get("requests_per_s")) is not None:
            per_s, burst = own, max(1, int(own * burst / per_s))
        wait_s = self._take(name, per_s, burst)
        if wait_s > 0.0:
            return problem_response(429, "too many requests", id, headers={"retry-after": str(int(wait_s) + 1)})
        return None

    async def _caller(self, headers: Headers) -> Caller | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            token = _cookie(headers)
        token = token.strip()
        if not token:
            return None
        now = self.clock()
        known = self.remembered.get(token)
        if known is not None and now - known[0] < _REMEMBERED_S:
            return known[1]
        caller = await anyio.to_thread.run_sync(self._look_up, token)
        self.remembered[token] = (now, caller)
        while len(self.remembered) > 1000:
            self.remembered.popitem(last=False)
        return caller

    def _look_up(self, token: str) -> Caller | None:
        provider = self.service.settings.provider
        with self.service.db.reading() as connection:
            known = person_of_token(connection, token)
            if known is None and provider is not None and (subject := subject_of(provider, token)) is not None:
                known = person_of_subject(connection, subject)
        return None if known is None else Caller(known.person, known.role, limits=known.limits)

    def _take(self, name: str, per_s: float, burst: int) -> float:
        """Take one from a caller's bucket; how long to wait where it is empty (s)."""
        now = self.clock()
        bucket = self.buckets.setdefault(name, _Bucket(float(burst), now))
        self.buckets.move_to_end(name)
        while len(self.buckets) > 10_000:
            self.buckets.popitem(last=False)
        bucket.tokens = min(float(burst), bucket.tokens + (now - bucket.at_s) * per_s)
        bucket.at_s = now
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / per_s
        bucket.tokens -= 1.0
        return 0.0

    def _finish_headers(self, answer: MutableHeaders, asked: Headers, id: str) -> None:
        answer["x-request-id"] = id
        for name, value in _HEADERS:
            answer.setdefault(name, value)
        answer.setdefault("cache-control", "no-store" if not self.service.settings.open else "no-cache")
        origin = asked.get("origin")
        if origin and origin in self.service.settings.allow_origins:
            answer["access-control-allow-origin"] = origin
            answer["access-control-expose-headers"] = "ETag, Link, Location, X-Request-ID"
            answer.add_vary_header("Origin")

    def _tell(self, scope: Scope, state: dict[str, Any], id: str, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        self.counts.requests.labels(scope["method"], route, status).inc()
        self.counts.seconds.labels(route).observe(took_s)
        if _LOG.isEnabledFor(logging.INFO):
            caller = state.get("caller")
            # The route's path, not the request's: addresses of feeds are secrets, queries say what people look for.
            told = {"request_id": id, "method": scope["method"], "route": route, "status": status}
            person = caller.person if caller else None
            _LOG.info("request", extra={**told, "took_ms": round(1e3 * took_s, 2), "person": person})


def _limited(receive: Receive, most: int) -> Receive:
    """The same, but a body that does not say how long it is cannot be longer than allowed."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise Problem(413, f"at most {most} bytes may be sent")
        return message

    return limited


def _hostname(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _cookie(headers: Headers) -> str:
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _preflight(allowed: bool) -> ASGIApp:
    if not allowed:
        return Response(status_code=403)
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
            "access-control-allow-headers": "Authorization, Content-Type, If-Match, If-None-Match, Prefer",
            "access-control-max-age": "600",
        },
    )
