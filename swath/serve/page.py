"""Where is the console's page? Plain files that were built beforehand, given from the root, nothing fetched."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from swath.serve.problems import Problem

__all__ = ["STATIC", "router"]

STATIC = Path(__file__).parent / "static"
_KINDS = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".xml": "application/xml",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain",
    ".topojson": "application/json",
    ".geojson": "application/geo+json",
    ".gltf": "model/gltf+json",
    ".glb": "model/gltf-binary",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".ttf": "font/ttf",
    ".pbf": "application/x-protobuf",
}
_MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>swath</title>
<body>
<h1>swath is running</h1>
<p>Its programs' side is here: <a href="/stac">STAC API</a>, <a href="/stapi">STAPI</a>, <a href="/ogc">OGC API
Features</a>, <a href="/openapi.json">OpenAPI</a>, <a href="/health">health</a>.</p>
<p>The page has not been built in this checkout. Build it with <code>make page</code> (wheels hold it ready made),
then load this page again.</p>
</body></html>
"""


def router(static: Path = STATIC) -> APIRouter:
    """``/`` and every path that nothing else answers. Include it last."""
    routes = APIRouter(include_in_schema=False)
    root = static.resolve()

    @routes.get("/{path:path}")
    def page(request: Request, path: str) -> Response:
        index = root / "index.html"
        if not index.is_file() and path in ("", "index.html"):
            return HTMLResponse(_MISSING)
        at = (root / path).resolve() if "\0" not in path else root
        if at.is_relative_to(root) and at.is_file() and at.suffix in _KINDS:
            fixed = "assets" in at.relative_to(root).parts  # Vite names these by their contents
            age = {"cache-control": "public, max-age=31536000, immutable"} if fixed else {}
            return FileResponse(at, media_type=_KINDS[at.suffix], headers=age)
        name = path.rpartition("/")[2]
        if index.is_file() and (not path or ("." not in name and "text/html" in request.headers.get("accept", ""))):
            return FileResponse(index, media_type="text/html")  # a view of the page: all its state is in the address
        raise Problem(404, "there is nothing at this address")

    return routes
