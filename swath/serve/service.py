"""What does a running service know? Its database, its mission's folder, and how it was told to behave."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from swath.errors import InputError
from swath.serve.oidc import Provider
from swath.store.database import Database
from swath.store.mission import Mission

__all__ = ["Limits", "Service", "Settings", "is_loopback"]


@dataclass(frozen=True)
class Limits:
    """How much one caller may ask for. Whoever sits at this machine, without sign-in, is not counted."""

    requests_per_s: float = 20.0
    burst_count: int = 200
    """requests at once, after a pause"""
    upload_bytes: int = 5_000_000
    page: int = 1000
    """features in one answer"""
    tile_px: int = 512
    raster_px: int = 400_000_000
    """pixels of a picture that is opened for tiles"""
    listeners: int = 200
    """live updates at once"""


@dataclass(frozen=True)
class Settings:
    """How a service was told to behave."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """the address it is reached under, where that is not its own: behind a proxy"""
    allow_origins: tuple[str, ...] = ()
    """pages of other addresses that may ask it"""
    limits: Limits = field(default_factory=Limits)
    provider: Provider | None = None
    """who vouches for people, besides tokens"""
    sign_in: bool = False
    """also on this machine"""
    warm: bool = False
    """make the maps and the planners' desk ready at the start, so that nobody waits for their first answer"""

    @property
    def open(self) -> bool:
        """Whoever reaches it may do everything: only on this machine."""
        return is_loopback(self.host) and not self.sign_in


@dataclass(frozen=True)
class Service:
    """A service."""

    db: Database
    folder: Path
    mission: Mission
    simulated: bool
    settings: Settings = field(default_factory=Settings)

    @property
    def clock(self) -> Callable[[], int]:
        """The mission's clock, microseconds since 1970 UTC: the one that all writes go by."""
        return self.db.clock

    def __post_init__(self) -> None:
        for origin in self.settings.allow_origins:
            if not origin.startswith(("https://", "http://")) or origin.rstrip("/").count("/") != 2:
                raise InputError(f"{origin!r}", where="--allow-origin", fix="Give scheme and host: https://example.org")


def is_loopback(host: str) -> bool:
    """Is this an address that only this machine can reach?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
