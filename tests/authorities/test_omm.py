"""Orbit Mean-Elements Messages against CelesTrak's own print of one set, and against the ``sgp4`` package's reader."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sgp4 import omm
from sgp4.api import Satrec

from swath.orbit.elements import parse_tle
from swath.orbit.forms import parse_elements
from swath.orbit.sgp4 import propagate
from tests.orbit.messages import as_csv, as_xml, fields_of

# One set as CelesTrak gave it in three forms on 25 April 2023 (gp.php?CATNR=55123), kept in the tests of sgp4 2.27:
# every field is nonzero.
TLE = (
    "MARIO\n"
    "1 55123U 98067UQ  23115.44827133  .00787702  29408-3  15680-2 0  9999\n"
    "2 55123  51.6242 216.2930 0014649 331.8976  28.1241 15.99081912 18396\n"
)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<ndm xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="ndmxml-2.0.0-master-2.0.xsd">
<omm id="CCSDS_OMM_VERS" version="2.0">
<header><CREATION_DATE/><ORIGINATOR/></header><body><segment><metadata><OBJECT_NAME>MARIO</OBJECT_NAME>\
<OBJECT_ID>1998-067UQ</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME><REF_FRAME>TEME</REF_FRAME>\
<TIME_SYSTEM>UTC</TIME_SYSTEM><MEAN_ELEMENT_THEORY>SGP4</MEAN_ELEMENT_THEORY></metadata><data><meanElements>\
<EPOCH>2023-04-25T10:45:30.642912</EPOCH><MEAN_MOTION>15.99081912</MEAN_MOTION><ECCENTRICITY>.0014649</ECCENTRICITY>\
<INCLINATION>51.6242</INCLINATION><RA_OF_ASC_NODE>216.2930</RA_OF_ASC_NODE>\
<ARG_OF_PERICENTER>331.8976</ARG_OF_PERICENTER><MEAN_ANOMALY>28.1241</MEAN_ANOMALY></meanElements><tleParameters>\
<EPHEMERIS_TYPE>0</EPHEMERIS_TYPE><CLASSIFICATION_TYPE>U</CLASSIFICATION_TYPE><NORAD_CAT_ID>55123</NORAD_CAT_ID>\
<ELEMENT_SET_NO>999</ELEMENT_SET_NO><REV_AT_EPOCH>1839</REV_AT_EPOCH><BSTAR>.1568E-2</BSTAR>\
<MEAN_MOTION_DOT>.787702E-2</MEAN_MOTION_DOT><MEAN_MOTION_DDOT>.29408E-3</MEAN_MOTION_DDOT></tleParameters></data>\
</segment></body></omm>
</ndm>
"""
CSV = (
    "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,"
    "EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT"
    "\nMARIO,1998-067UQ,2023-04-25T10:45:30.642912,15.99081912,.0014649,51.6242,216.2930,331.8976,28.1241,0,U,55123,"
    "999,1839,.1568E-2,.787702E-2,.29408E-3\n"
)

each_form = pytest.mark.parametrize(
    ("write", "read"), [(as_xml, omm.parse_xml), (as_csv, omm.parse_csv)], ids=["xml", "csv"]
)


@pytest.mark.parametrize("text", [XML, CSV], ids=["xml", "csv"])
def test_celestraks_messages_are_its_two_lines(text: str) -> None:
    (mario,) = parse_tle(TLE).elements
    assert parse_elements(text).elements == (mario,)
    assert (mario.bstar, mario.mean_motion_ddot, mario.cospar_id) == (0.1568e-2, 0.29408e-3, "1998-067UQ")


@each_form
@pytest.mark.needs_shared_data
def test_the_sgp4_package_reads_the_same_states(
    write: Callable[[list[dict[str, str]]], str],
    read: Callable[[io.StringIO], Iterator[dict[str, str]]],
    shared_data: Path,
) -> None:
    lines = (shared_data / "orbits" / "eo_satellites.tle").read_text("utf-8").splitlines()
    text = write([fields_of(n.strip(), a, b) for n, a, b in zip(lines[::3], lines[1::3], lines[2::3], strict=True)])
    minutes = np.arange(0.0, 1440.0, 71.0)
    ours = parse_elements(text).elements
    theirs = list(read(io.StringIO(text, newline="")))
    assert len(ours) == len(theirs) > 50
    for elements, fields in zip(ours, theirs, strict=True):
        judge = Satrec()
        omm.initialize(judge, fields)
        assert elements.norad_id == judge.satnum
        r_m, v_m_s = propagate(elements, elements.epoch + (minutes * 60e9).astype("timedelta64[ns]"))
        for minute, r_teme_m, v_teme_m_s in zip(minutes, r_m, v_m_s, strict=True):
            error, r_km, v_km_s = judge.sgp4_tsince(minute)
            assert error == 0
            # 1 mm: the last bits of an epoch and of a unit conversion, not of the theory
            np.testing.assert_allclose(r_teme_m, np.array(r_km) * 1e3, rtol=0, atol=1e-3)
            np.testing.assert_allclose(v_teme_m_s, np.array(v_km_s) * 1e3, rtol=0, atol=1e-6)
