"""Who asks, and may they? Four permissions, held by four roles; every route names the one that it needs.

=========  ==========================================  ================================
permission what for                                    roles
=========  ==========================================  ================================
read       archive, plan, orders                       viewer, customer, planner, admin
order      place and cancel orders                     customer, planner, admin
plan       decide: plan, alerts, items of the archive  planner, admin
admin      people, tokens, jobs, the whole history     admin
=========  ==========================================  ================================

A customer sees the open archive and what is its own; the others see all. Who asks is found out once, before any route
(``edge.py``); a route that names no permission is refused by the test that walks all routes as every role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from swath.serve.problems import Problem

__all__ = ["PERMISSIONS", "Admins", "Caller", "Orderers", "Planners", "Readers", "needs"]

PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "read": ("viewer", "customer", "planner", "admin"),
    "order": ("customer", "planner", "admin"),
    "plan": ("planner", "admin"),
    "admin": ("admin",),
}
"""which roles have which permission"""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    person: str
    role: str
    local: bool = False
    """sits at this machine, without sign-in"""
    limits: Mapping[str, float] = field(default_factory=dict)
    """of :data:`swath.store.people.LIMITS`"""

    @property
    def viewer(self) -> str | None:
        """Whose things they see besides everybody's; ``None``: all."""
        return self.person if self.role == "customer" else None

    def may(self, permission: str) -> bool:
        """Have they a permission?"""
        return self.role in PERMISSIONS[permission]


@dataclass(frozen=True)
class needs:  # noqa: N801  (reads as a word where it is used: Depends(needs("read")))
    """The permission that a route needs, as a dependency that gives the :class:`Caller`."""

    permission: str

    async def __call__(self, request: Request) -> Caller:
        """The caller. :class:`Problem` 401 where nobody signed in, 403 where they may not."""
        caller: Caller | None = request.scope.get("state", {}).get("caller")
        if caller is None:
            raise Problem(
                401,
                "this needs a token",
                fix="Send Authorization: Bearer TOKEN; swath people token makes one",
                headers={"WWW-Authenticate": 'Bearer realm="swath"'},
            )
        if not caller.may(self.permission):
            raise Problem(403, f"this needs the permission to {self.permission}; {caller.person} is {caller.role}")
        return caller


Readers = Annotated[Caller, Depends(needs("read"))]
Orderers = Annotated[Caller, Depends(needs("order"))]
Planners = Annotated[Caller, Depends(needs("plan"))]
Admins = Annotated[Caller, Depends(needs("admin"))]
