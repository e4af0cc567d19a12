"""The guard that keeps tests off the network works, in this process and in the programs that tests start."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1"])
def test_the_world_is_out_of_reach(host: str) -> None:
    with pytest.raises(RuntimeError, match="this machine and nothing else"):
        socket.create_connection((host, 80), timeout=1)


def test_datagrams_are_stopped_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        with pytest.raises(RuntimeError, match="nothing else"):
            plain.sendto(b"x", ("192.0.2.1", 53))
        with pytest.raises(RuntimeError, match="nothing else"):
            plain.connect_ex(("192.0.2.1", 53))


def test_this_machine_is_within_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("localhost", port), timeout=5) as client:
            assert client.getpeername()[1] == port


def test_a_program_started_by_a_test_is_held_too() -> None:
    code = "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://192.0.2.1/', timeout=1)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "this machine and nothing else" in run.stderr
