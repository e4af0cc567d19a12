"""Element sets written down, in every form in which they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from xml.sax.saxutils import escape

import numpy as np

from swath.errors import InputError
from swath.model import Elements
from swath.orbit.omm import omm_fields, to_omm_json

__all__ = ["FORMS", "elements_text", "to_tle"]

_DAY_NS = 86_400_000_000_000
_ALPHA = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_METADATA = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY")
_MEAN = (
    *("EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION"),
    *("RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"),
)


def elements_text(elements: Iterable[Elements], form: str, *, created: np.datetime64) -> str:
    """The sets as text: ``json``, ``xml``, ``kvn`` or ``csv`` (OMM, every digit kept), or ``tle`` (rounded to fit).

    ``created`` (UTC) goes to the head of XML and KVN messages. Raises :class:`InputError` for another form, and for
    a set that a TLE has no room for.
    """
    if form not in FORMS:
        raise InputError(f"elements cannot be written as {form!r}", fix=f"Use one of {', '.join(FORMS)}")
    return FORMS[form](list(elements), str(created.astype("datetime64[s]")))


def to_tle(elements: Elements) -> str:
    """Three lines: the name, and the two of the format, each with its checksum.

    Epoch to 1e-8 day, mean motion to 1e-8 rev/day, eccentricity to 1e-7, angles to 1e-4 deg, drag to five digits: what
    was published as a TLE comes back the same (tests/orbit/test_element_text.py), an OMM with more digits is rounded.
    Raises :class:`InputError` for a catalogue number above 339,999 and a value that its columns cannot hold.
    """
    number = _number(elements)
    cospar = elements.cospar_id
    if len(cospar) >= 9 and cospar[4] == "-":
        cospar = cospar[2:4] + cospar[5:]
    one = (
        f"1 {number}U {cospar[:8]:<8} {_epoch(elements.epoch)} {_dot(elements)} "
        f"{_exponent(elements.mean_motion_ddot)} {_exponent(elements.bstar)} 0  999"
    )
    two = (
        f"2 {number} {elements.inclination_deg:8.4f} {elements.raan_deg % 360.0:8.4f} "
        f"{min(round(elements.eccentricity * 1e7), 9_999_999):07d} {elements.argument_of_perigee_deg % 360.0:8.4f} "
        f"{elements.mean_anomaly_deg % 360.0:8.4f} {elements.mean_motion_rev_day:11.8f}    0"
    )
    name = "".join(c if c.isprintable() else " " for c in elements.name)
    return "\n".join([name, *(line + _checksum(line) for line in (one, two))]) + "\n"


def _number(elements: Elements) -> str:
    if elements.norad_id > 339_999:
        raise InputError(
            f"a TLE has no room for the catalogue number {elements.norad_id} of {elements.name}",
            fix="Write an OMM: .json, .xml, .kvn or .csv",
        )
    head, tail = divmod(elements.norad_id, 10_000)
    return f"{elements.norad_id:05d}" if head < 10 else f"{_ALPHA[head - 10]}{tail:04d}"


def _epoch(epoch: np.datetime64) -> str:
    ns = int(epoch.astype("datetime64[ns]").astype(np.int64))
    hundred_millionths = (ns + 432_000) // 864_000
    day, fraction = divmod(hundred_millionths, 100_000_000)
    date = np.datetime64(day, "D")
    of_year = int((date - date.astype("datetime64[Y]").astype("datetime64[D]")) / np.timedelta64(1, "D")) + 1
    return f"{str(date)[2:4]}{of_year:03d}.{fraction:08d}"


def _dot(elements: Elements) -> str:
    text = f"{elements.mean_motion_dot:+.8f}"
    return (" " if text[0] == "+" else "-") + text.removeprefix(text[0]).removeprefix("0")


def _exponent(value: float) -> str:
    """0.28098e-4 as ``" 28098-4"``."""
    if value == 0.0:
        return " 00000-0"
    mantissa, _, power = f"{abs(value):.4e}".partition("e")
    exponent = int(power) + 1
    if exponent < -9:
        return " 00000-0"
    if exponent > 9:
        raise InputError(f"a TLE has no room for {value:g}", fix="Write an OMM: .json, .xml, .kvn or .csv")
    return f"{'-' if value < 0.0 else ' '}{mantissa.replace('.', '')}{'-' if exponent <= 0 else '+'}{abs(exponent)}"


def _checksum(line: str) -> str:
    return str(sum(1 if c == "-" else int(c) for c in line if c in "-0123456789") % 10)


def _tle(elements: list[Elements], _: str) -> str:
    return "".join(to_tle(one) for one in elements)


def _json(elements: list[Elements], _: str) -> str:
    return to_omm_json(elements)


def _csv(elements: list[Elements], _: str) -> str:
    text = io.StringIO()
    rows = [omm_fields(one) for one in elements]
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows([{key: _plain(value) for key, value in row.items()} for row in rows])
    return text.getvalue()


def _plain(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value).replace("\n", " ")


def _kvn(elements: list[Elements], created: str) -> str:
    head = f"CCSDS_OMM_VERS = 3.0\nCREATION_DATE = {created}\nORIGINATOR = swath\n"
    return "\n".join(
        head + "".join(f"{key} = {_plain(value)}\n" for key, value in omm_fields(one).items()) for one in elements
    )


def _xml(elements: list[Elements], created: str) -> str:
    head = f"<header><CREATION_DATE>{created}</CREATION_DATE><ORIGINATOR>swath</ORIGINATOR></header>"
    messages = "\n".join(
        f'<omm id="CCSDS_OMM_VERS" version="3.0">\n{head}\n<body><segment>\n'
        f"<metadata>{_tags(fields, _METADATA)}</metadata>\n"
        f"<data><meanElements>{_tags(fields, _MEAN)}</meanElements>\n"
        f"<tleParameters>{_tags(fields, set(fields) - {*_METADATA, *_MEAN})}</tleParameters></data>\n"
        "</segment></body>\n</omm>"
        for fields in map(omm_fields, elements)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ndm>\n{messages}\n</ndm>\n'


def _tags(fields: Mapping[str, str | int | float], keys: Iterable[str]) -> str:
    kept = set(keys)
    return "".join(f"<{key}>{escape(_plain(value))}</{key}>" for key, value in fields.items() if key in kept)


FORMS: Mapping[str, Callable[[list[Elements], str], str]] = {
    "json": _json,
    "xml": _xml,
    "kvn": _kvn,
    "csv": _csv,
    "tle": _tle,
}
"""how each form is written"""
