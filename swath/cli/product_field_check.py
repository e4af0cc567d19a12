"""``swath product fields check`` and ``... dismiss``: which fields to see first, and what was learnt by going."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from swath.cli.options import JsonOption
from swath.cli.product_fields import FieldsOption, TableOption

if TYPE_CHECKING:
    from swath.product.field_check import Suspect

__all__ = ["check", "dismiss"]

VerdictsOption = Annotated[Path, Parameter(help="Where verdicts are kept; it is made when the first one comes.")]
_VERDICTS = Path("verdicts.json")


def check(
    *,
    fields: FieldsOption,
    table: TableOption,
    scenes: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    index: str = "ndvi",
    at: str | None = None,
    most: int = 20,
    verdicts: VerdictsOption = _VERDICTS,
    out: Path | None = None,
    json: JsonOption = False,
) -> int:
    """Go and see these fields first: unlike their own past and their neighbours of the same crop. Never says why.

    Example: swath product fields check --fields farm.gpkg --table looks.parquet --scenes archive --out visit.html

    Parameters
    ----------
    scenes
        The pictures, for a pair before and after in the page.
    index
        Which index of the table; one called ndwi beside it is used to test for water.
    at
        Now, ISO 8601 with Z; else the last picture's time. The last 25 days count.
    most
        At most so many fields.
    out
        .html (a page with pictures), .geojson (for a phone), .csv or .json.
    """
    import sys

    from swath.cli.orbits import check_form
    from swath.cli.product_fields import read_given_fields
    from swath.operate.field_visits import find_suspects, write_suspects

    check_form(out, (".html", ".geojson", ".csv", ".json"))
    known = read_given_fields(fields)
    suspects = find_suspects(known, table, index=index, at=at, most=most, verdicts=verdicts)
    if out is not None:
        write_suspects(out, suspects, known, table, index, scenes or [])
        print(f"{len(suspects)} fields -> {out}", file=sys.stderr)
    if json:
        import json as to_json

        print(to_json.dumps({"index": index, "visit": [one.to_json() for one in suspects]}, indent=2, allow_nan=False))
    elif out is None:
        print("\n".join(_lines(suspects)))
    return 0


def _lines(suspects: list[Suspect]) -> list[str]:
    if not suspects:
        return ["No field is unlike its past and its neighbours."]
    lines = [
        f"{'':>2} {'field':<14} {'crop':<10} {'kind':<6} {'score':>5} {'value':>5} {'usual':>12} {'since':<10} tests"
    ]
    for number, one in enumerate(suspects, 1):
        usual = f"{one.index_low:.2f} to {one.index_high:.2f}"
        points = [made.test.split()[0] for made in one.tests if made.result == "points to it"]
        lines.append(
            f"{number:>2} {one.field[:14]:<14} {one.crop[:10]:<10} {one.kind:<6} {one.score_ratio:>5.1f} "
            f"{one.index_mean:>5.2f} {usual:>12} {str(one.before)[:10]} {', '.join(points) or '-'}"[:80]
        )
    lines.append("Tests that point to something are no causes: go and see. --json has them all.")
    return lines


def dismiss(
    field: str,
    *,
    fields: FieldsOption,
    table: TableOption,
    index: str = "ndvi",
    at: str | None = None,
    confirm: bool = False,
    because: str = "",
    verdicts: VerdictsOption = _VERDICTS,
) -> int:
    """Tell that a field was all right (or, with --confirm, it was not): what it takes to be listed changes.

    Example: swath product fields dismiss f-017 --fields farm.gpkg --table looks.parquet --because "hail net"

    Parameters
    ----------
    field
        Its name in the list.
    index, at
        As the list was made.
    confirm
        It was rightly listed.
    because
        What was seen there, kept with the verdict.
    """
    from swath.cli.product_fields import read_given_fields
    from swath.operate.field_visits import add_verdict, find_suspects

    known = read_given_fields(fields)
    listed = find_suspects(known, table, index=index, at=at, most=len(known), verdicts=verdicts)
    before, after = add_verdict(listed, field, confirm=confirm, because=because, verdicts=verdicts)
    print(
        f"{field}: {'confirmed' if confirm else 'dismissed'}; to be listed it now needs {after:.1f} (was {before:.1f})"
    )
    return 0
