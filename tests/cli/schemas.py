"""Holds what commands print against the published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schemas"


def errors(file: str, entry: Any, part: str = "") -> list[str]:
    """What in an entry is not as the schema of a file, or one of its ``$defs``, says."""
    schema = json.loads((SCHEMAS / file).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    if part:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(entry)]
