"""Every route as every role: who is let in is decided by the permission that the route names, and by nothing else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from swath.errors import DataError
from swath.serve.auth import PERMISSIONS, needs
from swath.serve.oidc import Provider, subject_of
from swath.serve.service import Service, Settings
from swath.store.people import add_person
from tests.serve.conftest import ROLES, bearer
from tests.serve.world import NO_LIMIT, make_folder, serve

Guarded = tuple[TestClient, Service, dict[str, str]]
OPEN_TO_ALL = {"/health", "/sign-in", "/sign-out", "/{path:path}", "/openapi.json"}
SECRET = {"/feeds/{secret}/plan.ics", "/feeds/{secret}/orders.atom", "/feeds/{secret}/alerts.atom"}
SECRET |= {"/feeds/{secret}/alerts.cap", "/feeds/{secret}/passes.ics"}
SECRET |= {"/feeds/{secret}/cap/{id}", "/feeds/{secret}/alerts.ics"}
PLANNERS_ONLY = re.compile(r"^/stac/collections|^/watch/")
ORDERERS = {"/stapi/products/{offer}/orders", "/stapi/orders/{id}/cancel"}


def routes(app: Any) -> Iterator[APIRoute]:
    """Every route, also those of included routers."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            if inner is not None:
                yield from routes(inner)


def permissions(route: APIRoute) -> list[str]:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [call.permission for call in calls if isinstance(call, needs)]


def address(route: APIRoute) -> str:
    return re.sub(r"\{\w+(:path)?\}", "1", route.path)


def test_every_route_names_one_permission(guarded: Guarded) -> None:
    client, _, _ = guarded
    found = list(routes(client.app.inner))  # type: ignore[attr-defined]
    assert len(found) > 45
    for route in found:
        named = permissions(route)
        if route.path in OPEN_TO_ALL | SECRET:
            assert named == [], route.path
            continue
        assert len(named) == 1, f"{route.path} names {named}"
        unsafe = bool((route.methods or set()) - {"GET", "HEAD"})
        if route.path.startswith("/admin"):
            assert named == ["admin"], route.path
        elif route.path in ORDERERS:
            assert named == ["order"], route.path
        elif unsafe and PLANNERS_ONLY.match(route.path):
            assert named == ["plan"], route.path


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_every_route_as_every_role(guarded: Guarded, role: str) -> None:
    client, _, tokens = guarded
    headers = bearer(tokens[role]) if role != "nobody" else {}
    for route in routes(client.app.inner):  # type: ignore[attr-defined]
        named = permissions(route)
        if not named or route.path == "/events":  # a stream without an end: tests/serve/test_app.py
            continue
        allowed = role in PERMISSIONS[named[0]]
        for method in sorted((route.methods or set()) - {"HEAD"}):
            answer = client.request(method, address(route), headers=headers, content=b"{}")
            if allowed:
                assert answer.status_code not in (401, 403), f"{role} {method} {route.path}: {answer.text[:200]}"
                assert answer.status_code < 500, f"{role} {method} {route.path}: {answer.text[:200]}"
            else:
                wanted = 401 if role == "nobody" else 403
                assert answer.status_code == wanted, f"{role} {method} {route.path}: {answer.status_code}"


def test_customers_see_their_own_and_the_open_archive(guarded: Guarded) -> None:
    client, _, tokens = guarded
    payload = {
        "datetime": "2026-05-08T00:00:00Z/2026-05-09T00:00:00Z",
        "geometry": {"type": "Point", "coordinates": [10.5, 45.1]},
        "order_parameters": {},
    }
    placed = client.post("/stapi/products/watch/orders", json=payload, headers=bearer(tokens["customer"]))
    assert placed.status_code == 201
    id = placed.json()["id"]
    for path in ("/stapi/orders?limit=100",):
        mine = {f["id"] for f in client.get(path, headers=bearer(tokens["customer"])).json()["features"]}
        all_ = {f["id"] for f in client.get(path, headers=bearer(tokens["planner"])).json()["features"]}
        assert mine == {id} and id in all_ and len(all_) == 8
    assert client.get("/stapi/orders/farm-po-1", headers=bearer(tokens["customer"])).status_code == 404
    assert client.post("/stapi/orders/farm-po-1/cancel", headers=bearer(tokens["customer"])).status_code == 404
    theirs, whole = (client.get("/plan", headers=bearer(tokens[role])).json() for role in ("customer", "planner"))
    assert theirs["acquisitions"] == [] and theirs["multipliers"] == [] and whole["multipliers"]
    assert len(client.get("/stac/search", headers=bearer(tokens["customer"])).json()["features"]) == 6
    cancelled = client.post(f"/stapi/orders/{id}/cancel", headers=bearer(tokens["customer"]))
    assert cancelled.json()["properties"]["status"]["status_code"] == "user_cancelled"
    assert client.post(f"/stapi/orders/{id}/cancel", headers=bearer(tokens["customer"])).status_code == 409


def test_an_identity_provider_vouches_with_its_keys_only(tmp_path: Path) -> None:
    key, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}))
    provider = Provider("https://id.example", "swath", str(keys))
    now = int(time.time())
    claims = {"sub": "u1", "iss": "https://id.example", "aud": "swath", "iat": now, "exp": now + 600}

    def token(
        changed: dict[str, Any] | None = None, signer: Any = key, algorithm: str = "RS256", kid: str = "k1"
    ) -> str:
        told = {k: v for k, v in {**claims, **(changed or {})}.items() if v is not None}
        return jwt.encode(told, signer, algorithm=algorithm, headers={"kid": kid})

    assert subject_of(provider, token()) == "u1"
    wrong = [
        token({"iss": "https://evil.example"}),
        token({"aud": "other"}),
        token({"exp": now - 3600}),
        token({"exp": None}),
        token({"sub": None}),
        token(signer=other),
        token(kid="k2"),
        token(signer="a secret that both might share, 32 bytes", algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"}),  # type: ignore[arg-type]
        token()[:-3] + "AAA",
        "a.b.c",
        "",
        "x" * 20_000,
    ]
    assert [subject_of(provider, one) for one in wrong] == [None] * len(wrong)
    with pytest.raises(DataError):
        subject_of(Provider("https://id.example", "swath", str(tmp_path / "none.json")), token())
    with pytest.raises(DataError):  # keys are not fetched from private networks
        subject_of(Provider("https://id.example", "swath", "http://127.0.0.1:1/keys"), token())
    folder = make_folder(tmp_path / "m" / "mission")
    app, service, _ = serve(folder, Settings(host="192.0.2.1", limits=NO_LIMIT, provider=provider))
    with service.db.writing(who="t") as write:
        add_person(write, "una", "planner", subject="u1")
    with TestClient(app, base_url="http://h") as client:
        assert client.get("/me", headers=bearer(token())).json()["person"] == "una"
        assert client.get("/me", headers=bearer(token({"sub": "u2"}))).status_code == 401
        assert client.get("/me", headers=bearer(token(signer=other))).status_code == 401
    service.db.close()


def test_admins_keep_people_tokens_jobs_and_see_the_history(guarded: Guarded) -> None:
    client, _, tokens = guarded
    admin = bearer(tokens["admin"])
    assert client.post("/admin/people", json={"id": "new", "role": "customer"}, headers=admin).status_code == 201
    assert client.post("/admin/people", json={"id": "new", "role": "customer"}, headers=admin).status_code == 400
    made = client.post("/admin/tokens", json={"person": "new", "role": "customer", "days": 1}, headers=admin).json()
    assert client.get("/me", headers=bearer(made["token"])).json()["person"] == "new"
    listed = client.get("/admin/tokens", headers=admin)
    assert made["id"] in listed.text and made["token"] not in listed.text
    assert client.delete(f"/admin/tokens/{made['id']}", headers=admin).status_code == 204
    assert client.patch("/admin/people/new", json={"stopped": True}, headers=admin).status_code == 204
    told = client.get("/admin/history?kinds=person,token&limit=10", headers=admin).json()["history"]
    assert [line["what"] for line in told[:4]] == ["changed", "revoked", "made", "added"]
    assert {line["who"] for line in told[:4]} == {"a-admin"}
    for wrong in (
        {"person": 7},
        [],
        {"person": "none", "role": "viewer"},
        {"person": "new", "role": "admin", "days": True},
    ):
        assert client.post("/admin/tokens", json=wrong, headers=admin).status_code == 400
    assert client.post("/admin/jobs/99999/cancel", headers=admin).status_code == 400
    assert client.get("/admin/jobs?state=nothing", headers=admin).status_code == 400
