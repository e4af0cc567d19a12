"""What is each file of a run's folder, in a line? The longer text is docs/reference/files.md."""

from __future__ import annotations

__all__ = ["FILE_NOTES", "note_for"]

FILE_NOTES = {
    "report.html": "this page",
    "answer.json": "the answer for programs; every number with its interval, or why it has none",
    "orders.json": "every order and what became of it, in STAPI's order form (GeoJSON)",
    "opportunities.geojson": "every pass in which an order could have been pictured",
    "plan.json": "the plan: pictures, contacts, value and bound",
    "plan.csv": "the plan for a spreadsheet",
    "plan.czml": "the day in motion, for CesiumJS",
    "plan.ics": "the plan for a calendar program",
    "refused.json": "refused orders with their reasons",
    "downlink/": "what the stations received: CCSDS transfer frames, one file per contact",
    "stac/": "the pictures as a STAC catalogue of Cloud-Optimized GeoTIFFs",
    "products/": "what was made of the pictures: flood maps, NDVI, tables of fields",
    "evidence/": "manifest.json: inputs, versions, seed and the hash of every file",
}


def note_for(name: str) -> str:
    """The line for a file or a folder; empty for one that is not known."""
    return FILE_NOTES.get(name) or FILE_NOTES.get(f"{name.split('/', maxsplit=1)[0]}/", "")
