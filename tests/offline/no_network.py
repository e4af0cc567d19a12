"""No test talks to the world: once this is imported, reaching for anything but this machine fails and says so."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_sendto = socket.socket.sendto
_getaddrinfo = socket.getaddrinfo


class NetworkUsedInTest(RuntimeError):
    """Raised in place of a connection; not an OSError, so that no retry or fallback swallows it."""


def _check(host: Any) -> None:
    text = host.decode() if isinstance(host, bytes) else host
    if text in (None, "", "localhost"):
        return
    try:
        inside = ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise NetworkUsedInTest(f"a test reached for {text!r}; tests use this machine and nothing else")


def _check_address(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _check(address[0])


def connect(self: socket.socket, address: Any) -> None:
    _check_address(self, address)
    _connect(self, address)


def connect_ex(self: socket.socket, address: Any) -> int:
    _check_address(self, address)
    return _connect_ex(self, address)


def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
    _check_address(self, rest[-1])
    return _sendto(self, data, *rest)


def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
    _check(host)
    return _getaddrinfo(host, *rest, **more)


def block() -> None:
    """From here on this process can reach loopback addresses and local sockets only."""
    for call in (connect, connect_ex, sendto):
        setattr(socket.socket, call.__name__, call)
    socket.getaddrinfo = getaddrinfo


block()
