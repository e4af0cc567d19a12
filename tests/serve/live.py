"""The application behind a real socket, for clients that are programs of their own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from swath.serve.app import Application


@contextmanager
def listening(app: Application) -> Iterator[str]:
    """Its address; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [server]}, daemon=True)
        thread.start()
        while not running.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(10)
