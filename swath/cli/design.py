"""``swath design``: which orbits, what does each launch buy, and when can it be launched?"""

from __future__ import annotations

from cyclopts import App

from swath.cli.design_coverage import coverage
from swath.cli.design_deliver import deliver
from swath.cli.design_grow import grow
from swath.cli.design_launch import launch
from swath.cli.design_orbit import orbit
from swath.cli.design_programme import programme
from swath.cli.design_report import report
from swath.cli.design_search import search
from swath.cli.design_season import season
from swath.cli.design_stations import stations
from swath.cli.design_upkeep import lifetime, phase

__all__ = ["app"]

app = App(
    name="design",
    help="Which orbits, how many satellites, launched when: what does each buy?",
)
for command in (orbit, coverage, grow, search, deliver, stations, launch, season, report, programme, phase, lifetime):
    app.command(command)
