"""One request to a web server: with a time limit, a size limit, and an answer instead of an exception for its codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from swath import __version__
from swath.errors import DataError, InputError

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

__all__ = ["MAX_BYTES", "Answer", "ask", "check_address", "opener"]

MAX_BYTES = 400_000_000
"""the whole public catalogue as OMM in XML is about 80 MB"""
_TIMEOUT_S = 30.0
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What a server said. ``status`` 0: it was not reached, ``why`` says what happened."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """names in lower case"""
    why: str = ""


def opener(*, follow: bool = True) -> OpenerDirector:
    """One conversation with a server, cookies kept while it lasts and never written down.

    Without ``follow`` an answer that the address has moved is an answer like any other.
    """
    from http.cookiejar import CookieJar
    from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return build_opener(HTTPCookieProcessor(CookieJar()), HTTPRedirectHandler if follow else Stay)


def ask(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    through: OpenerDirector | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Answer:
    """What does a server answer to a GET, or to a POST of ``form``?

    Only ``http`` and ``https``, at most 400 MB, and ``timeout_s`` without a byte ends it. Raises :class:`InputError`
    for an address of another kind and :class:`DataError` for an answer that is too long.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlencode
    from urllib.request import Request

    check_address(url)
    request = Request(
        url,
        data=urlencode(form).encode() if form else None,
        headers={"User-Agent": f"swath/{__version__} (ground system; https)", **(headers or {})},
    )
    try:
        with (through or opener()).open(request, timeout=timeout_s) as response:
            check_address(response.geturl())
            return Answer(response.status, _read(response, url), _lower(response.headers.items()))
    except HTTPError as error:
        with error:
            return Answer(
                error.code, error.read(2000), _lower(error.headers.items()), f"HTTP {error.code} {error.reason}"
            )
    except URLError as error:
        return Answer(0, why=f"no answer from {urlsplit(url).hostname}: {_reason(error.reason)}")
    except (OSError, HTTPException) as error:
        return Answer(0, why=f"the answer of {urlsplit(url).hostname} broke off: {_reason(error)}")


def check_address(url: str) -> None:
    """Is it a web address? Files and other schemes are refused, also as the end of a redirection;
    so is one that holds a password, because addresses are kept.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and url.isprintable()
        secret = parts.username or parts.password
        good = good and " " not in url and (parts.port is None or parts.port > 0)
    except ValueError:
        good, secret = False, None
    if not good:
        raise InputError(f"{url[:80]!r} is not a web address", where="--elements", fix="Begin it with https://")
    if secret:
        raise InputError(
            "an address with a name or password in it would be written down", where="--elements", fix="Leave them out"
        )


def _read(response: HTTPResponse, url: str) -> bytes:
    parts: list[bytes] = []
    length = 0
    while part := response.read(_CHUNK):
        length += len(part)
        if length > MAX_BYTES:
            raise DataError(
                f"the answer is longer than {MAX_BYTES / 1e6:.0f} MB", where=url, fix="Ask for fewer satellites"
            )
        parts.append(part)
    if response.length:  # read() itself does not mind a body that is shorter than announced
        raise OSError(f"{response.length} bytes are missing")
    return b"".join(parts)


def _lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
