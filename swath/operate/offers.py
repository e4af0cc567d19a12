"""What can be ordered? The kinds of answer that a mission gives: what STAPI calls its products."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OFFERS", "Offer", "offer_of"]


@dataclass(frozen=True)
class Offer:
    """Something to be ordered."""

    id: str
    title: str
    description: str
    keywords: tuple[str, ...]
    urgent: bool = False
    """planned at once, before the next routine plan"""


OFFERS = (
    Offer(
        "watch",
        "Picture of a place",
        "One picture of a point or an area, on the map, in all bands of the camera.",
        ("picture", "optical", "monitoring"),
    ),
    Offer(
        "field",
        "Field report",
        "One picture of a field and what stands on it: vegetation by pixel and by field, and what was not seen.",
        ("agriculture", "vegetation", "NDVI"),
    ),
    Offer(
        "flood",
        "Flood map",
        "The first picture of a flooded area as a map of water, with its likelihood and the area that was not seen.",
        ("flood", "emergency", "water"),
        urgent=True,
    ),
)
"""in the order in which they are shown"""


def offer_of(id: str) -> Offer | None:
    """The offer of an id, if there is one."""
    return next((offer for offer in OFFERS if offer.id == id), None)
