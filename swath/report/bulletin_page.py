"""The bulletin of a region as one page that opens from disk, without a network and without scripts."""

from __future__ import annotations

import numpy as np

from swath.report.bulletin_figures import Bulletin, course_figure, crop_rows, map_figure, png_of
from swath.report.raster import data_uri
from swath.report.svg import esc, tag
from swath.report.visit_page import html_page, suspect_cards
from swath.report.words import count

__all__ = ["bulletin_page"]

_UNSEEN_SHOWN = 40


def bulletin_page(bulletin: Bulletin) -> str:
    """Map, area a crop, courses against the seasons before, fields to see first, and what was not seen."""
    import shapely

    at = [shapely.point_on_surface(shape) for shape in bulletin.shapes]
    names = [str(name) for name in bulletin.series.field]
    places = {name: (float(point.x), float(point.y)) for name, point in zip(names, at, strict=True)}
    crops = dict(zip(names, bulletin.crop.tolist(), strict=True))
    cards = suspect_cards(bulletin.suspects, bulletin.series, places=places, pairs=bulletin.pairs, crops=crops)
    lead = (
        f"{bulletin.region}. {count(len(names), 'field')}, {bulletin.area_m2.sum() / 1e4:,.0f} ha; state of "
        f"{str(bulletin.now)[:16]}Z. Usual is what a field is against its neighbours of the same crop, by its own past."
    )
    listed = cards or [tag("p", "No field is unlike its past and its neighbours.")]
    parts = [
        tag("p", esc(lead)),
        tag("section", tag("h2", "Map"), _picture(png_of(map_figure(bulletin)), "Map of the fields")),
        tag("section", tag("h2", "Crops"), _table(bulletin)),
        tag("section", tag("h2", "Courses"), _picture(png_of(course_figure(bulletin)), "Course of every crop")),
        tag("section", tag("h2", "Go and see these first"), *listed),
        tag("section", tag("h2", "Not seen"), _unseen(bulletin)),
    ]
    return html_page(bulletin.title, parts, simulated=bulletin.simulated)


def _picture(png: bytes, words: str) -> str:
    style = "max-width:100%;background:#fff;border-radius:8px"
    return tag("figure", tag("img", src=data_uri(png, "png"), alt=words, style=style), style="margin:0")


def _table(bulletin: Bulletin) -> str:
    head = "".join(tag("th", words) for words in ("crop", "fields", "area (ha)", "seen in 25 days", "against usual"))
    body = []
    for row in crop_rows(bulletin):
        departure = "-" if row["departure"] is None else f"{row['departure']:+.3f}"
        cells = (f"{row['fields']:,}", f"{row['area_ha']:,.0f}", f"{row['seen_share']:.0%}", departure)
        body.append(tag("tr", tag("td", esc(row["crop"])), *(tag("td", cell, class_="number") for cell in cells)))
    return tag("table", tag("thead", tag("tr", head)), tag("tbody", *body))


def _unseen(bulletin: Bulletin) -> str:
    days = bulletin.stale_days
    stale = np.flatnonzero(~(days <= 25.0))
    if not len(stale):
        return tag("p", "Every field was seen clearly in the last 25 days.")
    order = stale[np.argsort(-np.nan_to_num(days[stale], nan=np.inf), kind="stable")]
    rows = [
        f"{bulletin.series.field[n]} ({'never' if np.isnan(days[n]) else f'{days[n]:.0f} days ago'})"
        for n in order[:_UNSEEN_SHOWN]
    ]
    more = f", and {len(order) - _UNSEEN_SHOWN:,} more" if len(order) > _UNSEEN_SHOWN else ""
    said = f"{count(len(order), 'field')} without a clear look in the last 25 days: {', '.join(rows)}{more}. "
    return tag("p", esc(said + "Order them: swath product fields stale."))
