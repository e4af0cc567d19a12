"""Who is it that an identity provider vouches for? Bearer tokens of OpenID Connect, checked against its public keys.

The keys are a file (a JWKS as the provider publishes it) or an address, fetched by the client that asks no private
network. Only signatures with public keys are accepted, never ``none`` and never a shared secret.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import jwt

from swath.errors import DataError, InputError, SwathError
from swath.sources.checked import Limits, fetch_text

__all__ = ["Provider", "subject_of"]

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_KEPT_S = 3600.0
_AGAIN_S = 60.0
_MOST_TOKEN = 16_384


@dataclass(frozen=True)
class Provider:
    """Who vouches for people."""

    issuer: str
    audience: str
    keys: str
    """file or https address of its JWKS"""
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience or not self.keys:
            raise InputError(
                "an identity provider needs issuer, audience and keys", where="--oidc", fix="Give all three"
            )


def subject_of(provider: Provider, token: str) -> str | None:
    """Whom does a token name? ``None``: it is not good (form, signature, issuer, audience, time).

    Raises :class:`DataError` where the provider's keys cannot be had.
    """
    if len(token) > _MOST_TOKEN or token.count(".") != 2:
        return None
    try:
        header = jwt.get_unverified_header(token)
        key = _key(provider, header.get("kid"))
        if key is None or header.get("alg") not in _ALGORITHMS:
            return None
        claims = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=provider.audience,
            issuer=provider.issuer,
            leeway=30,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    subject = claims.get("sub")
    return subject if isinstance(subject, str) and subject else None


def _key(provider: Provider, kid: Any) -> Any:
    """The provider's key of an id; its keys are read again when one is new, but not too often."""
    with provider._lock:
        age_s = time.monotonic() - provider._known.get("read_s", -1e9)
        if age_s > _KEPT_S or (kid not in provider._known.get("keys", {}) and age_s > _AGAIN_S):
            provider._known["keys"] = _read(provider)
            provider._known["read_s"] = time.monotonic()
        return provider._known["keys"].get(kid)


def _read(provider: Provider) -> Mapping[Any, Any]:
    try:
        if "://" in provider.keys:
            with tempfile.TemporaryDirectory(prefix="swath-keys-") as scratch:
                limits = Limits(most_bytes=1_000_000, whole_s=20.0, silence_s=10.0)
                raw, _ = fetch_text(provider.keys, limits=limits, scratch=Path(scratch))
        else:
            raw = Path(provider.keys).read_bytes()
        found = jwt.PyJWKSet.from_dict(json.loads(raw))
    except (OSError, ValueError, jwt.PyJWTError, SwathError) as error:
        raise DataError("the keys of the identity provider cannot be read", fix="Look at --oidc-keys") from error
    return {key.key_id: key.key for key in found.keys}
