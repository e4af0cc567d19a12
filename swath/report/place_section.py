"""The sections that show places: the flood, and the world."""

from __future__ import annotations

from swath.model import Product
from swath.report.answer_card import unit_words
from swath.report.facts import counts
from swath.report.floodmap import before_and_after, flood_map, photo
from swath.report.outcome import Outcome, Urgent
from swath.report.pass_map import pass_map
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.report.words import count, listed, quantity, spoken
from swath.report.world_map import world_map

__all__ = ["flood_section", "gallery_section", "world_section"]

_GALLERY = 8

_LAYERS = (
    ("likelihood", "likelihood", "likelihood of water"),
    ("normal", "flood", "water as usual"),
    ("edge", "flood", "edge of the mapped flood"),
    ("unseen", "unseen", "could not be seen"),
)
"""what can be switched on and off: name, layer of the product that it needs, words"""


def flood_section(outcome: Outcome) -> list[tuple[str, str, str]]:
    """A section per flood map; only the pictures where there is no map of an urgent order."""
    sections = []
    for number, story in enumerate(outcome.urgent):
        product = outcome.product("flood", story.request)
        photos = before_and_after(outcome, story)
        if product is None and 'class="pair"></div>' in photos:
            continue
        name = "The flood" if len(outcome.urgent) == 1 else f"The flood at {story.request}"
        mapped = _mapped(outcome, story, product) if product is not None else ""
        sections.append((f"flood{number or ''}", name, mapped + photos))
    return sections


def _mapped(outcome: Outcome, story: Urgent, product: Product) -> str:
    boxes = "".join(
        tag(
            "label",
            f'<input type="checkbox" class="switch-{layer}" checked>',
            tag("span", class_="swatch " + layer),
            words,
        )
        for layer, needed, words in _LAYERS
        if needed in product.layers
    )
    key = tag("span", tag("span", class_="swatch order"), "outline of the order")
    drawn = tag("figure", boxes, key, flood_map(outcome, story, product), _caption(product), class_="layers")
    rows = [
        (esc(name.removesuffix("_km2").replace("_", " ")), unit_words(quantity(e)), esc(e.because))
        for name, e in sorted(product.estimates.items())
    ]
    return drawn + tag(
        "details", tag("summary", "All estimates of this map"), table("Estimates", ("name", "value", "because"), rows)
    )


def _caption(product: Product) -> str:
    text = (
        "Blue: the darker, the more likely under water (from 20 %). Grey: water that an earlier picture shows as well. "
        "Hatched: clouds, their shadows or no data; "
        f"nobody can say from this picture what is there. North arrow: true north. Map grid: EPSG {product.grid.epsg}."
    )
    return tag("figcaption", esc(text))


def gallery_section(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Some of the other pictures; no section where none was kept."""
    urgent = {story.acquisition for story in outcome.urgent}
    others = [s for s in outcome.delivered if s.id in outcome.quicklooks and s.acquisition not in urgent]
    if not others:
        return []
    figures = [photo(outcome, "", outcome.quicklooks[scene.id], longest_px=360) for scene in others[:_GALLERY]]
    return [("pictures", "Some of the routine pictures", tag("div", *figures, class_="gallery"))]


def world_section(outcome: Outcome) -> str:
    """The pass over the urgent place, and the world on that day."""
    found = counts(outcome)
    parts = []
    for story in outcome.urgent[:1]:
        drawn = pass_map(outcome, story)
        if drawn:
            text = (
                f"The pass that took {story.request}: ground track with minutes before and after, the line of sight, "
                "what the camera swept, and (tinted) the strip that it could have looked at. Small dots are other "
                "ordered places, rings those that were not planned."
            )
            parts.append(tag("figure", drawn, tag("figcaption", esc(text))))
    legend = [
        *(
            tag("span", tag("span", class_=f"swatch stroke s{n % 6}"), esc(s.id))
            for n, s in enumerate(outcome.satellites)
        ),
        tag("span", tag("span", class_="swatch refused"), "not planned"),
        tag("span", tag("span", class_="swatch triangle"), "ground station"),
    ]
    stations = listed((spoken(s.id) for s in outcome.stations), most=6)
    text = (
        f"{found.planned} of {count(found.ordered, 'place')} were planned: each dot has the colour of the satellite "
        f"that was to picture it. Thin lines: the day's ground tracks; thick: contacts with {stations}."
    )
    figure = tag(
        "figure",
        tag("p", *legend, class_="legend"),
        tag("div", world_map(outcome), class_="scroll"),
        tag("figcaption", esc(text)),
    )
    return "".join([*parts, figure])
