"""The options that many commands share, each with its words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["ElementsOption", "HoursOption", "JsonOption", "OutOption", "SatelliteOption", "StartOption"]

ElementsOption = Annotated[
    str | None,
    Parameter(
        help="File or folder of TLE, OMM or OEM in any form, https://..., celestrak:GROUP or spacetrack:NUMBER. Of "
        "several sets of one object the nearest in time counts. Without it CelesTrak is asked for each --satellite."
    ),
]
SatelliteOption = Annotated[
    list[str] | None,
    Parameter(
        help="Only this one: name, catalogue number or international designator; the names of `swath orbit "
        "catalogue` always work. May be given several times."
    ),
]
StartOption = Annotated[str, Parameter(help="Beginning of the span, ISO 8601 with Z.")]
HoursOption = Annotated[float, Parameter(help="Length of the span.")]
OutOption = Annotated[Path | None, Parameter(help="Write to this file instead: .json, .csv, .parquet or .html.")]
JsonOption = Annotated[bool, Parameter(help="Print JSON instead of a table.")]
