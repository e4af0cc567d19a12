"""One application: every router, one form of error, one layer round all of it, and the page at its root."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from swath import __version__
from swath.archive import map_tile
from swath.errors import InputError
from swath.operate.asking import Asking
from swath.serve import (
    admin,
    console,
    events,
    exports,
    feeds,
    ogc,
    page,
    page_motion,
    page_plan,
    page_values,
    reports,
    sign_in,
    stac,
    stac_changes,
    stac_search,
    stapi,
    stapi_opportunities,
    stapi_orders,
    tiles,
    watch_places,
    watching,
    worker,
)
from swath.serve.edge import Counts, Edge
from swath.serve.events import Wire
from swath.serve.page_desk import Desk
from swath.serve.problems import PROBLEM_SCHEMA, add_problems
from swath.serve.service import Service, is_loopback
from swath.serve.watch_next import Ahead

__all__ = ["ROUTERS", "Application", "create_app"]

ROUTERS: Sequence[Callable[[Service], APIRouter]] = (
    console.router,
    console.files_router,
    sign_in.router,
    page_motion.router,
    page_values.router,
    reports.router,
    reports.check_router,
    reports.job_router,
    stac.router,
    stac.item_router,
    stac_search.router,
    stac_search.items_router,
    stac_changes.router,
    stac_changes.collection_router,
    stapi.router,
    stapi.offer_router,
    stapi_opportunities.record_router,
    stapi_orders.book_router,
    ogc.router,
    ogc.collection_router,
    ogc.item_router,
    tiles.tilejson_router,
    tiles.router,
    tiles.value_router,
    watching.router,
    admin.people_router,
    admin.token_router,
    admin.feed_router,
    admin.job_router,
    admin.history_router,
)
"""every router that needs nothing but the service; add yours here"""


class Application:
    """The application with the layer round it, as ASGI servers take it."""

    def __init__(self, inner: FastAPI, edge: ASGIApp) -> None:
        self.inner, self.edge = inner, edge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and the end of all."""
        await (self.inner if scope["type"] == "lifespan" else self.edge)(scope, receive, send)


def create_app(
    service: Service, *, clock: Callable[[], float] = time.monotonic, static: Path = page.STATIC
) -> Application:
    """The service's application.

    Raises :class:`InputError` where it would be open to others without anybody having to sign in.
    """
    settings = service.settings
    if not is_loopback(settings.host) and settings.open:
        raise InputError(f"{settings.host} is open to others", where="--host", fix="Let people sign in")
    counts = Counts()
    wire, asking, desk = Wire(service), Asking(service.mission), Desk(service)
    app = FastAPI(
        title=f"swath: {service.mission.title}",
        version=__version__,
        description="Orders, archive and plan of an Earth-observation mission: STAPI, STAC API, OGC API Features.",
        docs_url=None,  # its page would ask another machine for its scripts
        redoc_url=None,
        lifespan=_living(service, wire, asking, desk),
    )
    add_problems(app)
    for make in ROUTERS:
        app.include_router(make(service))
    for with_fleet in (stapi_opportunities.router, stapi_orders.router, exports.router, feeds.router):
        app.include_router(with_fleet(service, asking))
    ahead = Ahead(service, asking)
    for with_looks in (watch_places.router, feeds.watch_router):
        app.include_router(with_looks(service, ahead))
    app.include_router(page_plan.router(service, desk))
    app.include_router(events.router(service, wire))
    app.include_router(console.metrics_router(service, counts))
    app.include_router(page.router(static))
    _describe(app)
    return Application(app, Edge(app, service, counts, clock))


def _living(
    service: Service, wire: Wire, asking: Asking, desk: Desk
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What goes on beside the answers, from the start to the end: live updates, what was put off, the desk."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        looking = asyncio.create_task(wire.run())
        if service.settings.warm:
            threading.Thread(target=_warm_up, args=(desk,), name="swath-warm", daemon=True).start()
        with worker.at_work(service, asking):
            yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    return living


def _warm_up(desk: Desk) -> None:
    """What the first look of anybody would wait for: the pictures' before the planners', who need longer."""
    map_tile.warm_up()
    desk.warm_up()


def _describe(app: FastAPI) -> None:
    """OpenAPI as it is: every error in the one form, and how to sign in."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = made()
            parts = told.setdefault("components", {})
            parts.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            told["security"] = [{"token": []}, {}]
            for path in told["paths"].values():
                for operation in path.values():
                    answer = operation.get("responses", {}).get("422")
                    if answer and "application/json" in answer.get("content", {}):
                        del operation["responses"]["422"]  # the framework's own form, which nothing answers with
            for unused in ("HTTPValidationError", "ValidationError"):
                parts["schemas"].pop(unused, None)
            app.openapi_schema = told
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
