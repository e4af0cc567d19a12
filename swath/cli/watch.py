"""``swath watch``: places over time."""

from __future__ import annotations

from cyclopts import App

__all__ = ["app"]

app = App(name="watch", help="Places over time: who looks next, what changed, and what was made of it.")

app.command("swath.cli.watch_next:next_looks", name="next", help="Who looks at a place in the next fortnight?")
