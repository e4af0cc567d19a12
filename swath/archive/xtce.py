"""How does anybody else read our telemetry? The packets in XTCE (OMG, version 1.2), from their one definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from swath.spacecraft.housekeeping_format import FIELDS, HOUSEKEEPING_APID, Field
from swath.spacecraft.report_format import CODES, REPORT_APID, STAGES

__all__ = ["telemetry_xtce"]

_NAMESPACE = "http://www.omg.org/spec/XTCE/20180204"
_PRIMARY = (
    ("VERSION", 3),
    ("TYPE", 1),
    ("SEC_HDR_FLG", 1),
    ("PKT_APID", 11),
    ("SEQ_FLGS", 2),
    ("SRC_SEQ_CTR", 14),
    ("PKT_LEN", 16),
)
"""names as most readers of CCSDS packets have them"""

_REPORT = (
    ("PUS_VERSION", 4, "2"),
    ("TIME_STATUS", 4, "0"),
    ("SERVICE", 8, "1: request verification"),
    ("MESSAGE_COUNT", 16, ""),
    ("DESTINATION", 16, "0"),
    ("REQUEST_ID", 16, "first two bytes of the telecommand"),
    ("REQUEST_FLAGS", 2, "3: unsegmented"),
    ("REQUEST_COUNT", 14, "sequence count of the telecommand: the activity's number"),
)

Element = ElementTree.Element


def telemetry_xtce() -> str:
    """The description as XML text, the same for all our spacecraft.

    Container ``CCSDSPacket`` holds the primary header; ``HOUSEKEEPING`` inherits it where the APID is ours and adds the
    time and the fields of ``housekeeping_format.FIELDS``; names and units are those of the table. ``REPORT`` begins the
    reports on commands (``spacecraft.report_format``), ``REPORT_SUCCESS`` and ``REPORT_FAILURE`` end them. Read by
    ``space-packet-parser`` and valid by OMG's schema: tests/authorities/test_housekeeping.py.
    """
    system = Element("xtce:SpaceSystem", {"xmlns:xtce": _NAMESPACE, "name": "swath"})
    _add(system, "Header", {"validationStatus": "Released", "version": "1", "date": "2026-11-26"})
    telemetry = _add(system, "TelemetryMetaData")
    types, parameters = _add(telemetry, "ParameterTypeSet"), _add(telemetry, "ParameterSet")
    for name, bits in _PRIMARY:
        _whole_number(types, name, bits)
        _parameter(parameters, name)
    _whole_number(types, "TIME_COARSE", 32, unit="s")
    _parameter(parameters, "TIME_COARSE", "TAI seconds since 1958-01-01 (CUC)")
    _whole_number(types, "TIME_FINE", 16, unit="s", scale="0.0000152587890625")
    _parameter(parameters, "TIME_FINE", "part of a second, 1/65536 s")
    for field in FIELDS:
        _field_type(types, field)
        rest = f"; {field.unknown} as sent: not measured" if not field.states else ""
        _parameter(parameters, field.name, field.says + rest)
    _whole_number(types, "ERROR_CONTROL", 16)
    _parameter(parameters, "ERROR_CONTROL", "CRC-16-CCITT over the packet before it")
    for name, bits, says in _REPORT:
        _whole_number(types, name, bits)
        _parameter(parameters, name, says)
    _states(types, "REPORT_SUBTYPE", 8, STAGES)
    _parameter(parameters, "REPORT_SUBTYPE", "what became of a command")
    _states(types, "FAILURE_CODE", 16, dict(enumerate(CODES)))
    _parameter(parameters, "FAILURE_CODE", "why not")
    _containers(_add(telemetry, "ContainerSet"))
    ElementTree.indent(system)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(system, encoding="unicode") + "\n"


def _add(parent: Element, name: str, attributes: dict[str, str] | None = None, text: str | None = None) -> Element:
    made = ElementTree.SubElement(parent, f"xtce:{name}", attributes or {})
    made.text = text
    return made


def _parameter(parent: Element, name: str, says: str = "") -> None:
    made = _add(parent, "Parameter", {"name": name, "parameterTypeRef": f"{name}_type"})
    if says:
        _add(made, "LongDescription", text=says)


def _whole_number(
    parent: Element, name: str, bits: int, *, unit: str = "", scale: str = "1", signed: bool = False
) -> None:
    """A number: integer type as sent, or float type where a scale makes one of it."""
    kind = "Integer" if scale == "1" else "Float"
    extra = {"signed": "true" if signed else "false"} if kind == "Integer" else {}
    made = _add(parent, f"{kind}ParameterType", {"name": f"{name}_type", **extra})
    units = _add(made, "UnitSet")
    if unit:
        _add(units, "Unit", text=unit)
    encoding = _encoding(made, bits, signed)
    if scale != "1":
        polynomial = _add(_add(encoding, "DefaultCalibrator"), "PolynomialCalibrator")
        _add(polynomial, "Term", {"coefficient": "0", "exponent": "0"})
        _add(polynomial, "Term", {"coefficient": scale, "exponent": "1"})


def _encoding(parent: Element, bits: int, signed: bool) -> Element:
    kind = "twosComplement" if signed else "unsigned"
    return _add(parent, "IntegerDataEncoding", {"sizeInBits": str(bits), "encoding": kind})


def _field_type(parent: Element, field: Field) -> None:
    if not field.states:
        _whole_number(parent, field.name, 8 * field.size, unit=field.unit, scale=field.scale, signed=field.signed)
        return
    _states(parent, field.name, 8 * field.size, dict(enumerate(field.states)))


def _states(parent: Element, name: str, bits: int, states: Mapping[int, str]) -> None:
    """What is no number: names by value."""
    made = _add(parent, "EnumeratedParameterType", {"name": f"{name}_type"})
    _add(made, "UnitSet")
    _encoding(made, bits, False)
    values = _add(made, "EnumerationList")
    for number, state in states.items():
        _add(values, "Enumeration", {"value": str(number), "label": state or "none"})


def _containers(parent: Element) -> None:
    packet = _add(parent, "SequenceContainer", {"name": "CCSDSPacket", "abstract": "true"})
    entries = _add(packet, "EntryList")
    for name, _ in _PRIMARY:
        _add(entries, "ParameterRefEntry", {"parameterRef": name})
    fields = ("TIME_COARSE", "TIME_FINE", *(field.name for field in FIELDS), "ERROR_CONTROL")
    _inherits(parent, "HOUSEKEEPING", fields, "CCSDSPacket", (("PKT_APID", HOUSEKEEPING_APID), ("SEC_HDR_FLG", 1)))
    head = ("PUS_VERSION", "TIME_STATUS", "SERVICE", "REPORT_SUBTYPE", "MESSAGE_COUNT", "DESTINATION")
    told = (*head, "TIME_COARSE", "TIME_FINE", "REQUEST_ID", "REQUEST_FLAGS", "REQUEST_COUNT")
    _inherits(parent, "REPORT", told, "CCSDSPacket", (("PKT_APID", REPORT_APID), ("SEC_HDR_FLG", 1)), abstract=True)
    _inherits(parent, "REPORT_SUCCESS", ("ERROR_CONTROL",), "REPORT", (("PKT_LEN", 18),))
    _inherits(parent, "REPORT_FAILURE", ("FAILURE_CODE", "ERROR_CONTROL"), "REPORT", (("PKT_LEN", 20),))


def _inherits(
    parent: Element, name: str, fields: Iterable[str], base: str, where: Iterable[tuple[str, int]], *,
    abstract: bool = False,
) -> None:  # fmt: skip
    """A packet that begins as ``base`` does, where some values are what they must be."""
    made = _add(parent, "SequenceContainer", {"name": name, "abstract": "true"} if abstract else {"name": name})
    entries = _add(made, "EntryList")
    for field in fields:
        _add(entries, "ParameterRefEntry", {"parameterRef": field})
    inherited = _add(made, "BaseContainer", {"containerRef": base})
    criteria = _add(_add(inherited, "RestrictionCriteria"), "ComparisonList")
    for parameter, value in where:
        wanted = {"parameterRef": parameter, "value": str(value), "comparisonOperator": "=="}
        _add(criteria, "Comparison", {**wanted, "useCalibratedValue": "false"})
