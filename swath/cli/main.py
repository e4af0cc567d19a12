"""The ``swath`` command: lists the others and turns errors into one message and an exit code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from swath import __version__
from swath.errors import SwathError

__all__ = ["app", "main"]

app = App(
    name="swath",
    version=__version__,
    help="The ground system of an Earth-observation constellation: from an orbit to an answer.",
    help_epilogue="Start with: swath demo --out out/demo",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=()),  # what is off unless given needs no --no-
)
app.command("swath.cli.demo:demo", name="demo", help="A flood, four satellites, one day: from an order to a map.")
app.command("swath.cli.run:run", name="run", help="Run a mission file from its orders to the answers.")
app.command("swath.cli.plan:app", name="plan", help="The best plan for a mission, proven, and why it is so.")
app.command("swath.cli.verify:verify", name="verify", help="Run again what a folder was made from, and compare.")
app.command("swath.cli.fly:fly", name="fly", help="How does a plan go in flight?")
app.command("swath.cli.archive:app", name="archive", help="Scenes that you have: keep them, find them, look at them.")
app.command("swath.cli.orbit:app", name="orbit", help="Where is a satellite?")
app.command("swath.cli.passes:app", name="passes", help="When does a station see a satellite?")
app.command("swath.cli.access:app", name="access", help="When can a camera see a place?")
app.command("swath.cli.design:app", name="design", help="Which orbits, and what does each launch buy?")
app.command("swath.cli.product:app", name="product", help="From pictures to answers: floods, burns, fields.")
app.command("swath.cli.watch:app", name="watch", help="Places over time: who looks next, and what changed.")
app.command("swath.cli.survey:survey", name="survey", help="A drone where a satellite is not enough.")
app.command("swath.cli.claim:app", name="claim", help="Could that satellite have taken that picture?")
app.command("swath.cli.serve:serve", name="serve", help="A mission's console and interfaces on one port.")
app.command("swath.cli.work:work", name="work", help="A mission's ground segment by itself, day and night.")
app.command("swath.cli.keep:backup", name="backup", help="Copy a service's database while it runs.")
app.command("swath.cli.keep:restore", name="restore", help="Put a backup back.")
app.command("swath.cli.keep:offload", name="offload", help="Move files of scenes to an object storage.")
app.command("swath.cli.keep:export", name="export", help="Scenes for other catalogues: GeoParquet, pgstac.")
app.command("swath.cli.people:app", name="people", help="Who may sign in to a service, and with what.")
app.command("swath.cli.bench:app", name="bench", help="How good is a planner, and how far from the best?")


def _own_words(tokens: list[str]) -> None:
    """Let the command that is asked for describe itself: its line in a list, above, says less and has no example."""
    for asked in app.parse_commands(tokens)[1]:
        if inspect.isfunction(asked.default_command) and asked.default_command.__doc__:
            asked.help = inspect.cleandoc(asked.default_command.__doc__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 no, 2 bad input, 3 data missing or stale, 130 interrupted."""
    try:
        tokens = list(sys.argv[1:] if argv is None else argv)
        _own_words(tokens)
        code = app(tokens, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    except SwathError as error:
        print(f"swath: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("swath: interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0
