"""``swath claim``: could that satellite have taken that picture?"""

from __future__ import annotations

from cyclopts import App

__all__ = ["app"]

app = App(name="claim", help="Could that satellite have taken that picture?")
app.command("swath.cli.claim_check:check", name="check", help="What comes of the claims in a file?")
app.command("swath.cli.claim_who:who", name="who", help="Which satellites could have taken a picture then?")
app.command("swath.cli.claim_who:overflights", name="overflights", help="When is a place within whose reach?")
app.command("swath.cli.maneuvers:maneuvers", name="maneuvers", help="When did a satellite change its orbit?")
