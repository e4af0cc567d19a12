"""``swath claim``: could that satellite have taken that picture?"""

from __future__ import annotations

from cyclopts import App

__all__ = ["app"]

app = App(name="claim", help="Could that satellite have taken that picture?")
app.command("swath.cli.claim_check:check", name="check", help="What comes of the claims in a file?")
