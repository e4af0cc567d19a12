"""Orbit Mean-Elements Messages made of two-line sets, laid out as CelesTrak and Space-Track publish them.

Field texts are cut from the lines, never computed from swath's own reading of them.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

HEAD = {"CCSDS_OMM_VERS": "3.0", "CREATION_DATE": "2026-05-07T20:00:00", "ORIGINATOR": "TEST"}
METADATA = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY")
MEAN = ("EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY")
PLAIN = {"NORAD_CAT_ID", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER"}
NUMBERS = PLAIN | {"MEAN_ANOMALY", "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT", "EPHEMERIS_TYPE"}


def fields_of(name: str, one: str, two: str) -> dict[str, str]:
    """The keywords of an OMM for a two-line set of this century."""
    day = datetime(2000 + int(one[18:20]), 1, 1, tzinfo=UTC) + timedelta(days=int(one[20:23]) - 1)
    epoch = day + timedelta(microseconds=int(one[24:32]) * 864)  # 1e-8 of a day is 864 us
    year = int(one[9:11])

    def small(text: str) -> str:
        return f"{text[0].strip()}.{text[1:6]}E{text[6:8]}"

    return {
        "OBJECT_NAME": name,
        "OBJECT_ID": f"{19 if year >= 57 else 20}{one[9:11]}-{one[11:17].strip()}",
        "CENTER_NAME": "EARTH",
        "REF_FRAME": "TEME",
        "TIME_SYSTEM": "UTC",
        "MEAN_ELEMENT_THEORY": "SGP4",
        "EPOCH": epoch.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "MEAN_MOTION": two[52:63].strip(),
        "ECCENTRICITY": "." + two[26:33],
        "INCLINATION": two[8:16].strip(),
        "RA_OF_ASC_NODE": two[17:25].strip(),
        "ARG_OF_PERICENTER": two[34:42].strip(),
        "MEAN_ANOMALY": two[43:51].strip(),
        "EPHEMERIS_TYPE": "0",
        "CLASSIFICATION_TYPE": one[7],
        "NORAD_CAT_ID": str(int(two[2:7])),
        "ELEMENT_SET_NO": one[64:68].strip(),
        "REV_AT_EPOCH": two[63:68].strip(),
        "BSTAR": small(one[53:61]),
        "MEAN_MOTION_DOT": one[33:43].strip(),
        "MEAN_MOTION_DDOT": small(one[44:52]),
    }


def celestrak_json(sets: list[dict[str, str]]) -> str:
    """Numbers as numbers, one line."""
    said = set(METADATA[2:])
    return json.dumps(
        [{k: float(v) if k in NUMBERS else v for k, v in one.items() if k not in said} for one in sets]
    ).replace(".0,", ",")


def spacetrack_json(sets: list[dict[str, str]]) -> str:
    """Everything as text, with more keys."""
    return json.dumps([{**HEAD, **one, "DECAY_DATE": None, "TLE_LINE0": "0 X"} for one in sets], indent=1)


def as_csv(sets: list[dict[str, str]]) -> str:
    text = io.StringIO()
    keys = [key for key in sets[0] if key not in METADATA[2:]]
    writer = csv.DictWriter(text, keys, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(sets)
    return text.getvalue()


def as_kvn(sets: list[dict[str, str]]) -> str:
    blocks = ("\n".join(f"{key:<20} = {value}" for key, value in {**HEAD, **one}.items()) for one in sets)
    return "\n\n".join(blocks) + "\n"


def as_xml(sets: list[dict[str, str]]) -> str:
    def tags(one: dict[str, str], keys: tuple[str, ...]) -> str:
        return "".join(f"<{key}>{escape(one[key])}</{key}>" for key in keys if key in one)

    messages = (
        f'<omm id="CCSDS_OMM_VERS" version="2.0"><header>{tags(HEAD, ("CREATION_DATE", "ORIGINATOR"))}</header>'
        f"<body><segment><metadata>{tags(one, METADATA)}</metadata><data><meanElements>{tags(one, MEAN)}</meanElements>"
        f"<tleParameters>{tags(one, tuple(k for k in one if k not in METADATA + MEAN))}</tleParameters></data>"
        "</segment></body></omm>"
        for one in sets
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n<ndm>\n' + "\n".join(messages) + "\n</ndm>\n"


FORMS = {
    "celestrak json": celestrak_json,
    "spacetrack json": spacetrack_json,
    "csv": as_csv,
    "kvn": as_kvn,
    "xml": as_xml,
}
