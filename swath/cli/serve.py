"""``swath serve``: the console, STAPI, STAC and OGC API of a mission on one port."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swath.operate.bring_in import Brought

__all__ = ["serve"]


def serve(
    mission_dir: Path,
    /,
    *,
    port: int = 8000,
    host: str = "127.0.0.1",
    database: str | None = None,
    public_url: str = "",
    allow_origin: list[str] | None = None,
    sign_in: bool = False,
    oidc_issuer: str = "",
    oidc_audience: str = "",
    oidc_keys: str = "",
    log: str = "plain",
    workers: int = 1,
    at: str | None = None,
) -> int:
    """Serve a mission: its page, and its orders, archive and plan for programs.

    Example: swath serve out/demo --port 8000, then open http://127.0.0.1:8000

    On 127.0.0.1 nobody has to sign in. On any other address everybody has to, with a token (swath people) or through an
    identity provider; where there is neither, it does not start. Ctrl-C ends it.

    Parameters
    ----------
    mission_dir
        A folder with a mission.toml, or one that swath run or swath demo wrote.
    port
        Where it answers.
    host
        The address it answers on.
    database
        Instead of SQLite in the mission's folder: postgresql://user@host/name, or a file.
    public_url
        The address people reach it under, where it stands behind a proxy.
    allow_origin
        A page of another address that may ask it. May be given several times.
    sign_in
        Let people sign in on 127.0.0.1 too.
    oidc_issuer
        The identity provider that vouches for people.
    oidc_audience
        This service's name there.
    oidc_keys
        The provider's public keys (JWKS): a file or an https address.
    log
        plain or json, on standard error.
    workers
        Processes that plan again, take in what arrives and tell orders what became of them (swath work); 0: none.
    at
        Go on as if it were this time: 2026-05-08T06:00:00Z. For rehearsals: the service, its workers and the
        history then go by one clock; tokens end by this machine's. Without it a rehearsal goes on where it stood.
    """
    from swath.cli.clock_of_rehearsal import on_clock
    from swath.cli.progress import progress_bar
    from swath.cli.serve_log import set_up_log
    from swath.operate.bring_in import bring_in, mission_file
    from swath.operate.loop.crew import checked_workers, crew
    from swath.serve.run import check_doors, open_port, run, settings_of
    from swath.store.database import open_database

    oidc, origins = (oidc_issuer, oidc_audience, oidc_keys), tuple(allow_origin or ())
    settings = settings_of(host, port, public_url=public_url, allow_origins=origins, sign_in=sign_in, oidc=oidc)
    checked_workers(workers, least=0)
    set_up_log(log)
    listening = open_port(settings)
    mission_file(mission_dir)  # raises where there is none, before anything is made there
    db = open_database(place := database or mission_dir)
    check_doors(db, settings)
    db, offset_us = on_clock(db, mission_dir, at)
    with progress_bar("bring in") as bar:
        brought = bring_in(db, mission_dir, progress=bar)
    _announce(brought, host, listening.getsockname()[1])
    with crew(mission_dir, place, workers, offset_us=offset_us):
        run(db, mission_dir, brought, settings, listening)
    return 0


def _announce(brought: Brought, host: str, port: int) -> None:
    news = ", ".join(f"{number} {what}" for what, number in brought.changed.items() if number)
    print(f"swath: brought in {news or 'nothing new'}", file=sys.stderr)
    print(f"swath: {brought.mission.title}: http://{host}:{port}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
