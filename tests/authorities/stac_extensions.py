"""What the published schemas of STAC's extensions ask of the fields that items of ours use, typed from them.

Source: ``schema.json`` under github.com/stac-extensions, looked up on 2026-11-27: eo v2.0.0, file v2.1.0, processing
v1.1.0, view v1.0.0; of projection and raster v1, for the fields that their v2 kept; sar and sat v1.0.0, for the fields
that later versions kept. No package carries these schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["extension_errors"]

NUMBER, WHOLE, TEXT = {"type": "number"}, {"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}
AZIMUTH, UPRIGHT = NUMBER | {"minimum": 0, "maximum": 360}, NUMBER | {"minimum": 0, "maximum": 90}
FROM_0 = NUMBER | {"minimum": 0}
ABOVE_0 = NUMBER | {"exclusiveMinimum": 0}
PERCENT = NUMBER | {"minimum": 0, "maximum": 100}


def numbers(*lengths: int) -> dict[str, Any]:
    return {"type": "array", "items": NUMBER, "oneOf": [{"minItems": n, "maxItems": n} for n in lengths]}


FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "eo": {
        "cloud_cover": PERCENT,
        "snow_cover": PERCENT,
        "center_wavelength": ABOVE_0,
        "full_width_half_max": ABOVE_0,
        "solar_illumination": FROM_0,
        "common_name": {
            "enum": [
                "pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075",
                "rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12",
            ]
        },
    },
    "file": {
        "byte_order": {"enum": ["big-endian", "little-endian"]},
        "checksum": {"type": "string", "pattern": "^[a-f0-9]+$"},
        "header_size": WHOLE,
        "size": WHOLE,
        "local_path": TEXT,
    },
    "processing": {
        "expression": {"type": "object", "required": ["format", "expression"]},
        "lineage": {"type": "string"},
        "level": {"type": "string"},
        "facility": {"type": "string"},
        "software": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "proj": {
        "code": {"type": ["string", "null"], "pattern": "^[A-Za-z]+:[A-Za-z0-9_.-]+$"},
        "wkt2": {"type": ["string", "null"]},
        "bbox": numbers(4, 6),
        "shape": {"type": "array", "minItems": 2, "maxItems": 2, "items": WHOLE},
        "transform": numbers(6, 9),
    },
    "raster": {
        "sampling": {"enum": ["area", "point"]},
        "bits_per_sample": WHOLE,
        "spatial_resolution": NUMBER,
        "scale": NUMBER,
        "offset": NUMBER,
    },
    "sar": {
        "instrument_mode": TEXT,
        "frequency_band": {"enum": ["P", "L", "S", "C", "X", "Ku", "K", "Ka"]},
        "center_frequency": NUMBER,
        "polarizations": {
            "type": "array", "minItems": 1, "maxItems": 4, "uniqueItems": True,
            "items": {"enum": ["HH", "VV", "HV", "VH"]},
        },
        "product_type": TEXT,
        "resolution_range": FROM_0,
        "resolution_azimuth": FROM_0,
        "pixel_spacing_range": FROM_0,
        "pixel_spacing_azimuth": FROM_0,
        "looks_range": WHOLE,
        "looks_azimuth": WHOLE,
        "looks_equivalent_number": FROM_0,
        "observation_direction": {"enum": ["left", "right"]},
    },
    "sat": {
        "platform_international_designator": {"type": "string"},
        "orbit_state": {"enum": ["ascending", "descending", "geostationary"]},
        "absolute_orbit": {"type": "integer", "minimum": 1},
        "relative_orbit": {"type": "integer", "minimum": 1},
        "anx_datetime": {"type": "string", "format": "date-time"},
    },
    "view": {
        "off_nadir": UPRIGHT,
        "incidence_angle": UPRIGHT,
        "azimuth": AZIMUTH,
        "sun_azimuth": AZIMUTH,
        "sun_elevation": NUMBER | {"minimum": -90, "maximum": 90},
    },
}  # fmt: skip
"""field by prefix: what its value must be; no other field may have the prefix"""
NAMES = {"proj": "projection"}
NEEDED = {"sar": ("frequency_band", "polarizations", "instrument_mode")}
"""of the item's properties, where the extension is named"""


def extension_errors(item: Mapping[str, Any]) -> list[str]:
    """What of an item's extension fields breaks the rules; which are used and not named, or named and not used."""
    named = {str(url).split("github.io/")[-1].split("/")[0] for url in item.get("stac_extensions", [])}
    found, used = [], set()
    for where, holder in _holders(item):
        for key, value in holder.items():
            prefix, _, field = str(key).partition(":")
            if prefix not in FIELDS:
                continue
            used.add(NAMES.get(prefix, prefix))
            found += [f"{where}: {key}: {words}" for words in _wrong(FIELDS[prefix].get(field), value)]
    found += [f"{name} is used and not named" for name in used - named]
    found += [f"{name} is named and not used" for name in named - used if name in {NAMES.get(p, p) for p in FIELDS}]
    for prefix, fields in NEEDED.items():
        if NAMES.get(prefix, prefix) in named:
            found += [f"{prefix}:{f} is missing" for f in fields if f"{prefix}:{f}" not in item["properties"]]
    return found


def _holders(item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "properties", item["properties"]
    for key, asset in item["assets"].items():
        yield key, asset
        yield from ((f"{key}, band {number}", band) for number, band in enumerate(asset.get("bands", [])))


def _wrong(rule: Mapping[str, Any] | None, value: Any) -> list[str]:
    from jsonschema import Draft7Validator

    if rule is None:
        return ["no such field"]
    return [error.message for error in Draft7Validator(rule).iter_errors(value)]
