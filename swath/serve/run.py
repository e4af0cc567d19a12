"""How is the service started, and when does it refuse to?"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from swath.errors import DataError, InputError
from swath.operate.bring_in import Brought
from swath.serve.app import create_app
from swath.serve.oidc import Provider
from swath.serve.service import Service, Settings, is_loopback
from swath.store.database import Database
from swath.store.people import tokens

__all__ = ["check_doors", "open_port", "run", "settings_of"]

_TURN_S = 0.001
"""how long one thread may keep the others from the interpreter: outlines are judged by calls out of the database, each
of which needs it"""


def settings_of(
    host: str,
    port: int,
    *,
    public_url: str = "",
    allow_origins: tuple[str, ...] = (),
    sign_in: bool = False,
    oidc: tuple[str, str, str] = ("", "", ""),
) -> Settings:
    """The settings that were given on the command line. :class:`InputError` where they do not go together."""
    if not 0 <= port <= 65535:
        raise InputError(f"{port} is no port", where="--port", fix="Give 1 to 65535, or 0 for any that is free")
    if public_url and not public_url.startswith(("http://", "https://")):
        raise InputError(f"{public_url!r}", where="--public-url", fix="Write https://example.org")
    provider = Provider(*oidc) if any(oidc) else None
    return Settings(host, port, public_url, allow_origins, provider=provider, sign_in=sign_in, warm=True)


def open_port(settings: Settings) -> socket.socket:
    """The socket that will be listened to. :class:`DataError` where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With its protocol said asyncio sends at once (TCP_NODELAY); else an answer waits 40 ms for the last one's ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
    except OSError as error:
        listening.close()
        raise DataError(
            f"port {settings.port} of {settings.host} is not to be had: {error.strerror or error}",
            where="--port",
            fix="Stop what uses it, or give another --port",
        ) from error
    return listening


def check_doors(db: Database, settings: Settings) -> None:
    """Refuse to start where others could reach a service to which nobody could sign in, or anybody could come in."""
    if settings.open:
        return
    with db.reading() as connection:
        usable = [token for token in tokens(connection) if token["revoked"] is None]
    if not usable and settings.provider is None:
        reason = f"{settings.host} can be reached by others" if not is_loopback(settings.host) else "--sign-in is given"
        raise InputError(
            f"{reason}, and nobody could sign in",
            where="--host",
            fix="Make a token first (swath people add, swath people token), or give --oidc-issuer, -audience, -keys",
        )


def run(
    db: Database,
    folder: Path,
    brought: Brought,
    settings: Settings,
    listening: socket.socket,
) -> None:
    """Serve until it is told to stop; then finish what is under way and let go of the database."""
    check_doors(db, settings)
    sys.setswitchinterval(_TURN_S)
    service = Service(db, folder, brought.mission, brought.simulated, settings)
    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        limit_concurrency=1000,
        h11_max_incomplete_event_size=65536,
        forwarded_allow_ips="127.0.0.1",
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        db.close()
