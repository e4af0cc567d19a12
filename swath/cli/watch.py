"""``swath watch``: places over time."""

from __future__ import annotations

from cyclopts import App

__all__ = ["app"]

app = App(name="watch", help="Places over time: who looks next, what changed, and what was made of it.")

app.command("swath.cli.watch_places:add", name="add", help="Put a place under watch.")
app.command("swath.cli.watch_places:listed", name="list", help="Which places and alerts are there?")
app.command("swath.cli.watch_run:run", name="run", help="Look at new pictures, raise alerts, tell people.")
app.command("swath.cli.watch_run:show", name="show", help="An alert's evidence, or the days of a place.")
app.command("swath.cli.watch_judge:confirm", name="confirm", help="An alert was right.")
app.command("swath.cli.watch_judge:dismiss", name="dismiss", help="An alert was a false alarm.")
app.command("swath.cli.watch_follow:follow", name="follow", help="A further picture of an alert, and its answer.")
app.command("swath.cli.watch_follow:validate", name="validate", help="Hold an alert against a drone's orthophoto.")
app.command("swath.cli.watch_next:next_looks", name="next", help="Who looks at a place in the next fortnight?")
