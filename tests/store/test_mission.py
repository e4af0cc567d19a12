"""A mission file is read whole or refused with one message that says what, where and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import DataError, InputError, SwathError
from swath.model import Receiver
from swath.spacecraft.radio import Transmitter
from swath.spacecraft.satellite import link_between
from swath.store.mission import read_mission
from swath.store.orders import COLUMNS, read_orders
from swath.store.section import Section
from tests.orbit.messages import FORMS, fields_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "flood"


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "m")
    return tmp_path / "m" / "mission.toml"


def edited(mission: Path, old: str, new: str) -> Path:
    text = mission.read_text()
    assert old in text
    mission.write_text(text.replace(old, new, 1))
    return mission


def test_the_example_is_the_story_of_the_readme(mission: Path) -> None:
    read = read_mission(mission)
    assert [s.id for s in read.satellites] == ["SW-1", "SW-2", "SW-3", "SW-4"]
    assert len(read.stations) == 3
    assert len(read.routine) == 200
    kinds = [r.kind for r in read.routine]
    assert (kinds.count("field"), kinds.count("watch"), kinds.count("area")) == (120, 78, 2)
    (urgent,) = read.urgent
    assert urgent.ordered == np.datetime64("2026-05-08T06:00:00")
    lons, lats = zip(*urgent.place.ring, strict=True)
    assert (max(lats) - min(lats)) * 111.19 == pytest.approx(15, abs=0.1)
    assert (max(lons) - min(lons)) * 111.19 * np.cos(np.radians(44.95)) == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hours = 24", "hours = 240", "hours = 240"),
        ("hours = 24", "huors = 24", "Did you mean it by 'huors'"),
        ("seed = 7", "seed = 7\ncolour = 3", "'colour' is unknown"),
        ("seed = 7", "seed = -7", "seed = -7"),
        ('id = "svalbard"', 'id = "atlantis"', "'atlantis' is not in the catalogue"),
        ('id = "inuvik"', 'id = "svalbard"', "'svalbard' is used 2 times"),
        ('id = "SW-2"', 'id = "SW-1"', "'SW-1' is used 2 times"),
        ('id = "SW-2"', 'id = "../SW-2"', "cannot be part of a file name"),
        ('id = "flood-01"', 'id = "farm-po-1"', "'farm-po-1' is used 2 times"),
        ("lon_deg = 11.9", "lon_deg = 511.9", "lon_deg = 511.9"),
        ("lat_deg = 44.95", "lat_deg = nan", "lat_deg = nan"),
        ("start = 2026-05-08T00:00:00Z", "start = 2026-05-08T00:00:00", "no time zone"),
        ("0  9994", "0  9995", "checksum"),
        ("initial_wh = 120", "initial_wh = 20", "initial_wh 20 is not between"),
        ('spacecraft = "agile"', 'spacecraft = "heavy"', "'heavy' is missing"),
        ('file = "orders.csv"', 'file = "../orders.csv"', "is a path"),
        ("[mission]", "[mission", "this is not TOML"),
        ("ordered = 2026-05-08T06:00:00Z", "ordered = 2026-05-09T06:00:00Z", "outside the mission"),
    ],
)
def test_bad_missions_are_refused_in_words(mission: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_mission(edited(mission, old, new))
    assert says in str(refused.value)
    assert refused.value.where and refused.value.fix


def test_both_ends_of_a_link_are_read(mission: Path) -> None:
    sender = "frequency_hz = 8.2e9\npower_w = 2.0\ngain_db = 6.0\nsymbol_rate_per_s = 1e7\n"
    edited(mission, "[spacecraft.agile.optics]", f"[spacecraft.agile.transmitter]\n{sender}\n[spacecraft.agile.optics]")
    read = read_mission(edited(mission, 'id = "inuvik"', 'id = "inuvik"\nreceiver = { dish_m = 5, noise_k = 150 }'))
    assert {s.radio.transmitter for s in read.satellites} == {Transmitter(8.2e9, 2.0, 6.0, 1e7)}
    assert [s.receiver for s in read.stations if s.id == "inuvik"] == [Receiver(5.0, 150.0)]
    assert [link_between(read.satellites[0], s) is not None for s in read.stations] == [
        s.id == "inuvik" for s in read.stations
    ]
    with pytest.raises(InputError, match="noise_k"):
        read_mission(edited(mission, "noise_k = 150", "noise_k = -1"))


@pytest.mark.parametrize("form", FORMS)
def test_a_message_stands_for_its_two_lines(mission: Path, form: str) -> None:
    lines = read_mission(mission)
    first = lines.satellites[0].elements
    _, before, rest = mission.read_text().partition('elements = """')
    one, two = rest.lstrip().splitlines()[:2]
    message = FORMS[form]([fields_of(first.name, one, two)])
    read = read_mission(edited(mission, f'{before}\n{one}\n{two}\n"""', f"elements = '''\n{message}'''"))
    assert read.satellites == lines.satellites


def test_an_empty_fleet_is_refused(mission: Path) -> None:
    text = mission.read_text()
    head, rest = text.split("[[satellites]]", 1)
    mission.write_text(head + "[spacecraft.agile]" + rest.split("[spacecraft.agile]", 1)[1])
    with pytest.raises(InputError, match="there is no satellite"):
        read_mission(mission)


def test_missing_files_are_data_errors(tmp_path: Path, mission: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_mission(tmp_path / "none.toml")
    (mission.parent / "orders.csv").unlink()
    with pytest.raises(DataError, match="order list"):
        read_mission(mission)


def test_every_bad_order_row_is_named(tmp_path: Path) -> None:
    good = "a,field,10,45,2000,2000,3,30,20"
    rows = [
        good,
        "b,field,200,45,2000,2000,3,30,20",
        "c,pond,1,1,2000,2000,3,30,20",
        "d,field,x,1,1,1,1,1,1",
        "e,field",
    ]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([",".join(COLUMNS), *rows]))
    day = np.datetime64("2026-05-08", "ns")
    with pytest.raises(InputError) as refused:
        read_orders(path, start=day, stop=day + np.timedelta64(1, "D"))
    assert [f"row {n}" in str(refused.value) for n in (2, 3, 4, 5, 6)] == [False, True, True, True, True]


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_readers(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    day = np.datetime64("2026-05-08", "ns")
    (folder / "mission.toml").write_bytes(content)
    (folder / "orders.csv").write_bytes(",".join(COLUMNS).encode() + b"\n" + content)
    with pytest.raises(SwathError):
        read_mission(folder / "mission.toml")
    try:
        requests = read_orders(folder / "orders.csv", start=day, stop=day + np.timedelta64(1, "D"))
    except SwathError:
        return
    assert all(r.value > 0 for r in requests)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_a_section_gives_the_right_kind_or_refuses(value: object) -> None:
    section = Section({"key": value}, "test")
    for ask, kind in (
        (section.text, str),
        (section.number, float),
        (section.texts, tuple),
        (section.time, np.datetime64),
    ):
        try:
            given_back = ask("key")
        except InputError as error:
            said = str(error)
            given_back = None
        assert isinstance(given_back, kind) or "key" in said or "time" in said
