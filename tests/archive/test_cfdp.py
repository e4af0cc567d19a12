"""The receiving end by itself, unit by unit: what it answers, when, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from swath.archive.cfdp import (
    Receiving,
    ReceivingRules,
    acquire_signal,
    add_ranges,
    hear,
    lose_signal,
    missing,
    reply,
    safe_name,
    verified,
)
from swath.archive.incoming import IncomingFiles
from swath.spacecraft.cfdp_format import (
    Ack,
    Body,
    Checksum,
    Condition,
    Directive,
    Eof,
    FileData,
    Finished,
    Ids,
    KeepAlive,
    Metadata,
    Nak,
    Pdu,
    Prompt,
    nak_capacity,
    pack_pdu,
    read_pdu,
)
from swath.spacecraft.checksum import file_checksum
from swath.spacecraft.ranges import union

IDS = Ids(77, 1, 9)
NAMED = Metadata(100, b"a", b"a.bin", Checksum.CRC_32C)
DATA = bytes(range(100))
SUM = file_checksum(Checksum.CRC_32C, [np.frombuffer(DATA, np.uint8)])
WHOLE = Eof(SUM, 100)


def fresh(**options: object) -> Receiving:
    return Receiving(IDS, ReceivingRules(**options))  # type: ignore[arg-type]


def after(receiving: Receiving, *bodies: Body, now_s: float = 0.0) -> Receiving:
    for body in bodies:
        receiving = hear(receiving, body, now_s)
    return receiving


def with_bytes(receiving: Receiving, *ranges: tuple[int, int], now_s: float = 0.0) -> Receiving:
    return add_ranges(receiving, union(list(ranges)), now_s)


def test_nothing_is_asked_for_before_the_end_of_file() -> None:
    receiving = with_bytes(after(fresh(), NAMED), (0, 10), (30, 40))
    assert reply(receiving, 20.0)[1] == ()
    assert missing(receiving).tolist() == [[10, 30]]


def test_after_the_end_of_file_it_is_acknowledged_and_the_holes_are_listed() -> None:
    receiving = after(with_bytes(after(fresh(), NAMED), (0, 10), (30, 40)), WHOLE)
    receiving, said = reply(receiving, 0.0)
    assert said == (Ack(Directive.EOF), Nak(0, 100, ((10, 30), (40, 100))))
    assert reply(receiving, 1.0)[1] == ()  # patient
    assert reply(receiving, 5.0)[1] == (Nak(0, 100, ((10, 30), (40, 100))),)
    assert reply(with_bytes(receiving, (10, 12), now_s=4.0), 6.0)[1] == ()  # what comes in makes it patient again


def test_lost_metadata_are_asked_for_and_the_data_before_them_kept() -> None:
    """Field fault: a receiver that stalls when the metadata come late (cfdp-py #54)."""
    receiving = after(with_bytes(fresh(), (0, 100)), WHOLE)
    receiving, said = reply(receiving, 0.0)
    assert said == (Ack(Directive.EOF), Nak(0, 100, ((0, 0),)))
    assert receiving.phase == "receiving"
    assert after(receiving, NAMED).phase == "whole"


def test_a_lost_acknowledgement_of_the_end_of_file_is_sent_again() -> None:
    """Field fault: the sender repeats its end of file for ever (cfdp-py #54)."""
    receiving, _ = reply(after(with_bytes(after(fresh(), NAMED), (0, 50)), WHOLE), 0.0)
    receiving, said = reply(after(receiving, WHOLE, WHOLE), 1.0)
    assert said == (Ack(Directive.EOF),)  # once, and no second list of the same holes
    done = verified(with_bytes(receiving, (50, 100)), checksum_holds=True)
    done, said = reply(done, 2.0)
    assert said == (Finished(),)
    closed = after(done, Ack(Directive.FINISHED, status=2))
    assert closed.phase == "done"
    assert reply(after(closed, WHOLE), 3.0)[1] == (Ack(Directive.EOF, status=2), Finished())


def test_finished_is_repeated_until_acknowledged_then_given_up_but_the_file_stays() -> None:
    done = verified(with_bytes(after(fresh(tries=3), NAMED, WHOLE), (0, 100)), checksum_holds=True)
    said = []
    for turn in range(100):
        done, answers = reply(done, float(turn))
        said += [body for body in answers if isinstance(body, Finished)]
    assert len(said) == 4 and done.phase == "done" and done.kept


def test_loss_of_signal_stops_the_timers_and_its_end_asks_at_once() -> None:
    """Field fault: after loss of signal nothing is sent any more (yamcs #1153, nos3 #743)."""
    receiving, _ = reply(after(with_bytes(after(fresh(tries=2), NAMED), (0, 50)), WHOLE), 0.0)
    away = lose_signal(receiving)
    for now_s in (100.0, 5000.0):
        away, said = reply(away, now_s)
        assert said == ()
    back = acquire_signal(away)
    assert reply(back, 5700.0)[1] == (Nak(0, 100, ((50, 100),)),)
    mid_file = with_bytes(after(fresh(), NAMED), (0, 10), (30, 40))
    assert reply(acquire_signal(lose_signal(mid_file)), 9.0)[1] == (Nak(0, 40, ((10, 30),)),)


def test_silence_in_mid_file_asks_for_what_is_known_to_be_missing() -> None:
    receiving = with_bytes(after(fresh(inactivity_s=30.0), NAMED), (0, 10), (30, 40), now_s=5.0)
    receiving, said = reply(receiving, 34.0)
    assert said == ()
    receiving, said = reply(receiving, 35.0)
    assert said == (Nak(0, 40, ((10, 30),)),) and receiving.condition == Condition.INACTIVITY
    assert reply(receiving, 64.0)[1] == () and len(reply(receiving, 65.0)[1]) == 1
    assert with_bytes(receiving, (40, 41), now_s=36.0).condition == Condition.NO_ERROR
    away = lose_signal(receiving)
    assert reply(away, 5000.0)[1] == ()
    back, said = reply(acquire_signal(away), 5700.0)
    assert len(said) == 1 and back.condition == Condition.NO_ERROR


def test_a_silent_sender_is_waited_for_until_the_next_contact() -> None:
    receiving = after(with_bytes(after(fresh(tries=3), NAMED), (0, 50)), WHOLE)
    lists = 0
    for turn in range(100):
        receiving, said = reply(receiving, float(turn))
        lists += sum(isinstance(body, Nak) for body in said)
    assert lists == 4 and receiving.condition == Condition.NAK_LIMIT
    again, said = reply(acquire_signal(receiving), 200.0)
    assert len(said) == 1 and again.condition == Condition.NO_ERROR


def test_lists_lie_end_to_end_and_fit() -> None:
    ranges = [(k, k + 1) for k in range(0, 1000, 2)]
    receiving = after(with_bytes(fresh(nak_bytes=64), *ranges), NAMED, Eof(0, 1000))
    _, said = reply(receiving, 0.0)
    naks = [body for body in said if isinstance(body, Nak)]
    assert len(naks) == 64  # as many as go at once
    assert naks[0].scope_start == 0
    assert all(a.scope_end == b.scope_start for a, b in pairwise(naks))
    assert all(len(pack_pdu(IDS, nak)) <= 64 for nak in naks)
    asked = [request for nak in naks for request in nak.requests]
    assert asked == [(k, k + 1) for k in range(1, 1000, 2)][: len(asked)]
    assert all(nak.scope_start <= start < stop <= nak.scope_end for nak in naks for start, stop in nak.requests)


def test_when_the_last_that_was_asked_for_has_come_the_rest_is_asked_for_at_once() -> None:
    """No patience is lost on a list that has been answered: what it asked for and did not come is lost again."""
    receiving = after(with_bytes(after(fresh(), NAMED), (0, 10), (30, 40)), WHOLE)
    receiving, _ = reply(receiving, 0.0)
    receiving = with_bytes(receiving, (12, 20), now_s=0.5)
    assert reply(receiving, 0.5)[1] == ()
    receiving, said = reply(with_bytes(receiving, (60, 100), now_s=1.0), 1.0)
    assert said == (Nak(0, 100, ((10, 12), (20, 30), (40, 60))),)
    assert reply(receiving, 1.5)[1] == ()


def test_holes_beyond_the_lists_are_asked_for_when_those_in_them_have_come() -> None:
    receiving = after(with_bytes(fresh(nak_bytes=64, naks_at_once=1), *[(k, k + 1) for k in range(0, 100, 2)]), NAMED)
    receiving, said = reply(after(receiving, WHOLE), 0.0)
    rounds = 0
    while said and rounds < 100:
        asked = [body for body in said if isinstance(body, Nak)]
        assert len(asked) == 1 and len(pack_pdu(IDS, asked[0])) <= 64
        receiving, said = reply(with_bytes(receiving, *asked[0].requests, now_s=0.1 * rounds), 0.1 * rounds)
        rounds += 1
    assert receiving.phase == "whole" and rounds == -(-50 // nak_capacity(IDS, 64))


def test_prompts_are_answered() -> None:
    receiving = with_bytes(after(fresh(), NAMED), (0, 10), (30, 40))
    assert reply(after(receiving, Prompt(keep_alive=True)), 0.0)[1] == (KeepAlive(40),)
    receiving, said = reply(after(receiving, Prompt()), 0.0)
    assert said == (Nak(0, 40, ((10, 30),)),)
    assert reply(after(receiving, Prompt(), now_s=1.0), 1.0)[1] == ()  # it crossed the list that is on its way
    assert len(reply(after(receiving, Prompt(), now_s=9.0), 9.0)[1]) == 1


def test_a_wrong_checksum_asks_for_everything_again_then_gives_up() -> None:
    receiving = with_bytes(after(fresh(checksum_tries=2), NAMED, WHOLE), (0, 100))
    for _ in range(2):
        assert receiving.phase == "whole"
        receiving = verified(receiving, checksum_holds=False)
        receiving, said = reply(receiving, 0.0)
        assert Nak(0, 100, ((0, 100),)) in said
        receiving = with_bytes(receiving, (0, 100))
    receiving = verified(receiving, checksum_holds=False)
    assert reply(receiving, 0.0)[1][-1] == Finished(Condition.CHECKSUM_FAILURE, complete=False, file_status=0)


def test_a_cancelled_file_is_answered_and_dropped() -> None:
    receiving, said = reply(after(with_bytes(after(fresh(), NAMED), (0, 10)), Eof(0, 10, Condition.CANCELLED)), 0.0)
    assert said == (Ack(Directive.EOF, Condition.CANCELLED), Finished(Condition.CANCELLED, False, 0))
    assert after(receiving, Ack(Directive.FINISHED, Condition.CANCELLED)).phase == "done"


@pytest.mark.parametrize(
    ("bodies", "condition"),
    [
        ((Metadata(1, b"a", b"../a", Checksum.CRC_32C),), Condition.FILESTORE_REJECTION),
        ((Metadata(1, b"a", b"a", 1),), Condition.UNSUPPORTED_CHECKSUM),
        ((NAMED, Eof(0, 2**40)), Condition.FILE_SIZE_ERROR),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_code(bodies: tuple[Body, ...], condition: int) -> None:
    receiving, said = reply(after(fresh(), *bodies), 0.0)
    assert isinstance(said[-1], Finished) and said[-1].condition == condition and not said[-1].complete
    assert with_bytes(receiving, (0, 5)).held.size == 0  # and takes nothing more


def test_the_first_end_of_file_and_the_first_name_count() -> None:
    receiving = after(fresh(), NAMED, WHOLE, replace(NAMED, destination_name=b"b"), Eof(1, 5))
    assert receiving.metadata == NAMED and receiving.eof == WHOLE


NAMES_REFUSED = [
    b"", b"/etc/passwd", b"..", b"../a", b"a/../../b", b"a/..", b".hidden", b"a/.ssh/key", b"a//b", b"a/", b"/",
    b"a\\b", b"C:\\a", b"a\0b", b"a\nb", b"~root", b"a b", "ä".encode(), b"\xff\xfe", b"x" * 121, b"a/b/c/d/e/f/g",
    b"-rf", b"$(x)", b".incoming/1-1.part",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES_REFUSED)
def test_names_that_lead_elsewhere_are_refused(name: bytes) -> None:
    assert safe_name(name) is None


@pytest.mark.parametrize("name", [b"a", b"a.bin", b"pictures/SW-1_20260508T074209Z.tif", b"a/b/c/d/e/f", b"x" * 120])
def test_names_that_stay_are_taken(name: bytes) -> None:
    made = safe_name(name)
    assert made is not None and str(made) == name.decode() and not made.is_absolute()


def incoming(folder: Path, *bodies: Body, ids: Ids = IDS) -> IncomingFiles:
    ground = IncomingFiles(folder, entity=9)
    ground.hear_pdus([read_back(ids, body) for body in bodies], 0.0)
    return ground


def read_back(ids: Ids, body: Body) -> Pdu:
    pdu = read_pdu(pack_pdu(ids, body))
    assert pdu is not None
    return pdu


PIECES = (FileData(0, DATA[:40]), FileData(60, DATA[60:]), FileData(40, DATA[40:60]))


@pytest.mark.parametrize("ids", [IDS, Ids(77, 1, 9, 1, 1), Ids(77, 1, 9, 8, 8, crc=True), Ids(77, 1, 9, large=True)])
def test_any_widths_of_the_header_will_do(tmp_path: Path, ids: Ids) -> None:
    ground = incoming(tmp_path, *PIECES, NAMED, WHOLE, ids=ids)
    assert (tmp_path / "a.bin").read_bytes() == DATA
    said = [read_pdu(unit) for unit in ground.replies(77, 0.0)]
    assert [pdu.body for pdu in said if pdu] == [Ack(Directive.EOF, status=1), Finished()]


@pytest.mark.parametrize("kind", [Checksum.MODULAR, Checksum.CRC_32, Checksum.CRC_32C, Checksum.NULL])
def test_every_checksum_is_looked_at(tmp_path: Path, kind: int) -> None:
    right = file_checksum(kind, [np.frombuffer(DATA, np.uint8)])
    incoming(tmp_path / "right", *PIECES, replace(NAMED, checksum=kind), Eof(right, 100))
    assert (tmp_path / "right" / "a.bin").read_bytes() == DATA
    ground = incoming(tmp_path / "wrong", *PIECES, replace(NAMED, checksum=kind), Eof(right ^ 1, 100))
    assert (tmp_path / "wrong" / "a.bin").exists() == (kind == Checksum.NULL)
    assert ground.partial()[0].holes.tolist() == [[0, 100]] if kind != Checksum.NULL else ground.partial() == ()


def test_pieces_that_overlap_and_disagree_do_not_change_what_is_held(tmp_path: Path) -> None:
    lies = [FileData(0, bytes(10)), FileData(35, bytes(30)), FileData(0, bytes(200)), FileData(2**31, b"far")]
    ground = incoming(tmp_path, FileData(0, DATA[:40]), *lies[:1], FileData(40, DATA[40:]), *lies, NAMED, WHOLE)
    assert (tmp_path / "a.bin").read_bytes() == DATA
    assert len(ground.received) == 1


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"precious")
    incoming(tmp_path, *PIECES, NAMED, WHOLE)
    assert (tmp_path / "a.bin").read_bytes() == b"precious"
    assert (tmp_path / "a_77-1.bin").read_bytes() == DATA
    again = incoming(tmp_path, *PIECES, NAMED, WHOLE)  # the number used again after a reset: there is no third name
    (said,) = [
        pdu.body for unit in again.replies(77, 0.0) if (pdu := read_pdu(unit)) and isinstance(pdu.body, Finished)
    ]
    assert said.condition == Condition.FILESTORE_REJECTION and said.file_status == 1


def test_a_link_inside_the_folder_does_not_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "door").symlink_to(outside, target_is_directory=True)
    (folder / "file").symlink_to(outside / "new")
    for name in (b"door/a.bin", b"door/deep/a.bin"):
        incoming(folder, *PIECES, replace(NAMED, destination_name=name), WHOLE)
    incoming(folder, *PIECES, replace(NAMED, destination_name=b"file"), WHOLE)
    assert list(outside.iterdir()) == []


def test_a_file_where_a_folder_is_wanted_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    ground = incoming(tmp_path, *PIECES, replace(NAMED, destination_name=b"a/b"), WHOLE)
    assert ground.received == [] and (tmp_path / "a").read_bytes() == b"x"


def test_units_for_others_are_counted_and_left(tmp_path: Path) -> None:
    ground = incoming(tmp_path, *PIECES, NAMED, WHOLE, ids=Ids(77, 1, 10))
    unacknowledged = replace(read_back(IDS, NAMED), unacknowledged=True)
    ground.hear_pdus([unacknowledged, read_back(IDS, Nak(0, 1, ())), read_back(IDS, Ack(Directive.FINISHED))], 0.0)
    assert (ground.refused, ground.open, ground.received) == (8, {}, [])


def test_of_too_many_transactions_those_with_the_fewest_bytes_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swath.archive.incoming.MAX_OPEN", 10)
    ground = incoming(tmp_path, *PIECES[:1], NAMED)
    for sequence in range(2, 200):
        ground.hear_pdus([read_back(Ids(77, sequence, 9), FileData(0, b"x"))], 0.0)
    assert len(ground.open) == 10 and (77, 1) in ground.open
    assert len(list((tmp_path / ".incoming").iterdir())) == 10
    ground.hear_pdus([read_back(IDS, body) for body in (*PIECES[1:], WHOLE)], 0.0)
    assert (tmp_path / "a.bin").read_bytes() == DATA


def test_a_part_left_by_an_earlier_run_is_not_taken_for_this_file(tmp_path: Path) -> None:
    first = incoming(tmp_path, FileData(0, b"\xff" * 100))
    assert first.partial_path((77, 1)).stat().st_size == 100
    second = incoming(tmp_path, FileData(0, DATA[:40]))
    assert second.partial_path((77, 1)).read_bytes() == DATA[:40]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    incoming(tmp_path, replace(NAMED, size=0), Eof(0, 0))
    assert (tmp_path / "a.bin").read_bytes() == b""
