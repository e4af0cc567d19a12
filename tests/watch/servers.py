"""Loopback servers that do as they are told: HTTP and SMTP."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """What a server was told, and what it answers."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """the next answers, then 200"""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    always: int = 0
    drop_after: bool = False
    """take the request and close the line without a word"""


@contextmanager
def http_server() -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            heard.asked.append((self.path, dict(self.headers.items()), body))
            if heard.drop_after:
                self.connection.close()
                return
            code, headers = heard.answers.pop(0) if heard.answers else (heard.always or 200, {})
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def smtp_server() -> Iterator[Heard]:
    """Enough of RFC 5321 for one mail after another; ``always`` is the answer to a receiver."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line.strip().upper()
                if word.startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (got := self.rfile.readline()).rstrip() != b".":
                        lines.append(got)
                    heard.asked.append(("mail", {}, b"".join(lines)))
                    self.wfile.write(b"250 taken\r\n")
                elif word.startswith(b"QUIT"):
                    self.wfile.write(b"221 bye\r\n")
                    return
                elif word.startswith(b"RCPT") and heard.always:
                    self.wfile.write(f"{heard.always} no\r\n".encode())
                else:
                    self.wfile.write(b"250 ok\r\n")

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        heard.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield heard
        finally:
            server.shutdown()
