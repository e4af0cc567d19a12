"""Fields to go and see, as a page for a phone or a printer: pictures before and after, courses, the tests made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.product.field_check import Suspect
from swath.product.field_table import FieldSeries
from swath.report.document import document
from swath.report.field_curve import course_svg
from swath.report.raster import data_uri
from swath.report.svg import esc, tag
from swath.report.words import count

__all__ = ["VISIT_STYLE", "html_page", "suspect_cards", "visit_page"]

Floats = npt.NDArray[np.float64]

_KINDS = {
    "drop": "fell at once, much lower than at the look before",
    "patch": "a part of it is unlike the rest",
    "behind": "ever farther from the others",
}
_RESULTS = {"points to it": "points to it", "does not": "does not point to it", "cannot tell": "cannot tell"}
VISIT_STYLE = """
.visit { border: 1px solid color-mix(in srgb, currentColor 18%, transparent); border-radius: 10px; padding: 0.8rem 1rem;
  margin: 0.8rem 0; break-inside: avoid; }
.visit h3 { margin: 0 0 0.3rem; }
.visit .pair { display: flex; flex-wrap: wrap; gap: 0.8rem; align-items: flex-start; }
.visit figure { margin: 0; font-size: 0.8rem; }
.visit figure img { width: 170px; height: 170px; border-radius: 6px; display: block; image-rendering: pixelated; }
.visit svg.course { width: 360px; max-width: 100%; height: auto; }
.visit ul.tests { margin: 0.5rem 0 0; padding-left: 1.1rem; font-size: 0.86rem; }
.visit .points { font-weight: 600; }
.note.simulated { font-weight: 700; color: #c0392b; }
"""


def visit_page(
    suspects: Sequence[Suspect],
    series: FieldSeries,
    *,
    index: str,
    places: Mapping[str, tuple[float, float]],
    pairs: Mapping[str, tuple[bytes, bytes]],
    simulated: bool,
) -> str:
    """One self-contained page, the most unusual field first."""
    head = f"Go and see these {count(len(suspects), 'field')} first" if suspects else "No field to see first"
    lead = (
        "Each is unlike its own past and its neighbours of the same crop. The tests say what might explain it, not "
        f"what it is. {index.upper()}; the band holds nine in ten fields of the crop; the red dot is the look that had "
        "it listed."
    )
    cards = suspect_cards(suspects, series, places=places, pairs=pairs)
    return html_page(head, [tag("p", esc(lead)), *cards], simulated=simulated)


def html_page(title: str, parts: Sequence[str], *, simulated: bool) -> str:
    """A page that needs no network and no script."""
    note = [tag("p", "SIMULATED pictures", class_="note simulated")] if simulated else []
    return document(
        title,
        tag("header", tag("h1", esc(title)), *note),
        tag("main", *parts),
        tag("footer", tag("p", "Made by swath. Times are UTC.", class_="note")),
        style=f"\n{VISIT_STYLE}",
    )


def suspect_cards(
    suspects: Sequence[Suspect],
    series: FieldSeries,
    *,
    places: Mapping[str, tuple[float, float]],
    pairs: Mapping[str, tuple[bytes, bytes]],
    crops: Mapping[str, str] | None = None,
) -> list[str]:
    """A card a field."""
    row = {str(name): number for number, name in enumerate(series.field)}
    values = np.where(series.seen, series.mean, np.nan)
    crop_of = {one.field: one.crop for one in suspects}
    cards = []
    for rank, one in enumerate(suspects, 1):
        members = [row[n] for n, crop in (crops or crop_of).items() if crop == one.crop and one.crop and n in row]
        middle, half = _band(values, members)
        course = course_svg(
            series.time, values[row[one.field]], middle, half, marked=one.time, label=f"course of {one.field}"
        )
        cards.append(_card(rank, one, course, places[one.field], pairs.get(one.field)))
    return cards


def _band(values: Floats, members: Sequence[int]) -> tuple[Floats, Floats]:
    """Middle and half width of the band of nine in ten of a crop's fields; NaN with fewer than six."""
    middle, half = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    for date in range(values.shape[1]):
        here = values[list(members), date]
        here = here[np.isfinite(here)]
        if len(here) >= 6:
            low, mid, high = np.quantile(here, [0.05, 0.5, 0.95])
            middle[date], half[date] = mid, (high - low) / 2.0
    return middle, half


def _card(rank: int, one: Suspect, course: str, at: tuple[float, float], pair: tuple[bytes, bytes] | None) -> str:
    figures = []
    if pair is not None:
        for png, time in zip(pair, (one.before, one.time), strict=True):
            day = str(np.datetime_as_string(time, "D"))
            image = tag("img", src=data_uri(png, "png"), alt=f"{one.field} on {day}")
            figures.append(tag("figure", image, tag("figcaption", esc(day))))
    usual = f"{one.index_low:.2f} to {one.index_high:.2f}"
    against = f"{one.peers} neighbours of its crop" if one.peers else "its own past only"
    said = (
        f"{_KINDS[one.kind]}. {one.index_mean:.2f} on {np.datetime_as_string(one.time, 'D')}, usual {usual}; score "
        f"{one.score_ratio:.1f} of {one.threshold_ratio:.1f} needed; against {against}. {at[1]:.5f}, {at[0]:.5f}"
    )
    tests = [
        tag(
            "li",
            f"{esc(made.test)}: {esc(_RESULTS[made.result])} ({esc(made.because)})",
            class_="points" if made.result == "points to it" else None,
        )
        for made in one.tests
    ]
    crop = f" · {one.crop}" if one.crop else ""
    return tag(
        "section",
        tag("h3", esc(f"{rank}. {one.field}{crop}")),
        tag("p", esc(said[0].upper() + said[1:])),
        tag("div", *figures, course, class_="pair"),
        tag("ul", *tests, class_="tests"),
        class_="visit",
    )
