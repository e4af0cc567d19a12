"""``swath product fields bulletin``: a region on one page, minutes after the last picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from swath.cli.product_fields import FieldsOption, ScenesOption

__all__ = ["bulletin"]


def bulletin(
    *,
    fields: FieldsOption,
    scenes: ScenesOption,
    out: Path,
    region: str = "the region",
    index: str = "ndvi",
    at: str | None = None,
    verdicts: Annotated[Path, Parameter(help="What was learnt from visits.")] = Path("verdicts.json"),
) -> int:
    """A bulletin of a region: map, area of every crop, courses, 20 fields to see first, and what was not seen.

    Example: swath product fields bulletin --fields farm.gpkg --scenes archive --region "Emilia" --out bulletin

    Parameters
    ----------
    region
        Its name, for the title.
    index
        One or more; the first is shown, ndwi beside it is used to test for water.
    at
        Now, ISO 8601 with Z; else the last picture's time.
    out
        A folder: bulletin.html, bulletin.pdf, looks.parquet, visit.json.
    """
    from swath.cli.product_fields import read_given_fields
    from swath.cli.progress import progress_bar
    from swath.operate.field_bulletin import write_bulletin
    from swath.time import parse_utc

    known = read_given_fields(fields)
    names = [name.strip() for name in index.split(",")]
    now = parse_utc(at).astype("datetime64[s]") if at else None
    with progress_bar("bulletin") as progress:
        made = write_bulletin(
            out, known, scenes, indices=names, region=region, now=now, verdicts=verdicts, progress=progress
        )
    print(f"{made.title}: {len(made.series.field):,} fields, {len(made.suspects)} to see first -> {out}")
    return 0
