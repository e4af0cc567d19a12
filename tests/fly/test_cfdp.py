"""The sending end by itself, unit by unit: what goes out, in which order, and when it is patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.cfdp import (
    Sending,
    SendingRules,
    acquire_signal,
    cancel,
    hear,
    lose_signal,
    open_sending,
    send,
)
from swath.fly.file_packets import file_packet, outgoing_packets, outgoing_pdus
from swath.fly.frames import FrameCounts, PacketStream, in_frames
from swath.fly.outbox import Outbox
from swath.spacecraft.cfdp_format import (
    Ack,
    Body,
    Condition,
    Directive,
    Eof,
    FileData,
    Finished,
    Ids,
    KeepAlive,
    Metadata,
    Nak,
    Prompt,
    pack_pdu,
)
from swath.spacecraft.link_format import FILE_SEGMENT_BYTES, FRAME_DATA_BYTES

IDS = Ids(77, 1, 9)
CONTENT = np.arange(1000, dtype=np.uint16).view(np.uint8)
RULES = SendingRules(segment_bytes=500, answer_s=5.0, tries=3)


def opened(size: int = 2000, **ids: Any) -> Sending:
    made = open_sending(Ids(77, 1, 9, **ids), Metadata(size, b"a", b"a"), 0xABCD, RULES)
    return acquire_signal(made, 0.0)


def pass_by(sending: Sending, now_s: float = 0.0, room: int = 10**6) -> tuple[Sending, list[Body]]:
    """What goes out, pieces as FileData."""
    sending, out = send(sending, now_s, room)
    pieces = [FileData(a, CONTENT[a:b].tobytes()) for a, b in out.segments.tolist()]
    return sending, [*out.before, *pieces, *out.after]


def kinds(bodies: list[Body]) -> list[str]:
    return [type(body).__name__ for body in bodies]


def test_metadata_then_pieces_then_the_end() -> None:
    sending, out = pass_by(opened())
    assert kinds(out) == ["Metadata", *["FileData"] * 4, "Eof"]
    assert b"".join(body.data for body in out if isinstance(body, FileData)) == CONTENT.tobytes()
    assert out[-1] == Eof(0xABCD, 2000)
    assert pass_by(sending, 1.0)[1] == []


def test_an_empty_file_has_a_name_and_an_end() -> None:
    assert kinds(pass_by(opened(0))[1]) == ["Metadata", "Eof"]


def test_room_is_kept_to() -> None:
    sending, sizes = opened(), []
    for _ in range(4):
        sending, out = pass_by(sending, room=516)
        sizes.append(kinds(out).count("FileData"))
    assert sizes == [1, 1, 1, 1]


def test_nothing_goes_out_without_a_signal() -> None:
    sending = open_sending(IDS, Metadata(2000, b"a", b"a"), 0, RULES)
    assert send(sending, 0.0, 10**6)[1].empty
    assert send(lose_signal(opened()), 0.0, 10**6)[1].empty


def test_what_is_asked_for_goes_out_again_first_and_once() -> None:
    sending, _ = pass_by(opened(), room=2 * 516)
    sending = hear(sending, Nak(0, 1000, ((100, 300), (200, 400), (900, 1000), (0, 0))), 1.0)
    sending, out = pass_by(sending, 1.0, room=3 * 516)
    assert isinstance(out[0], Metadata)
    assert [(body.offset, len(body.data)) for body in out[1:] if isinstance(body, FileData)] == [
        (100, 300), (900, 100), (1000, 500),
    ]  # fmt: skip
    assert sending.bytes_repeated == 400


def test_a_lost_end_of_file_is_sent_again_then_it_waits_for_the_next_contact() -> None:
    sending, out = pass_by(opened())
    ends = kinds(out).count("Eof")
    for turn in range(1, 100):
        sending, out = pass_by(sending, float(turn))
        ends += kinds(out).count("Eof")
    assert ends == 1 + RULES.tries and sending.condition == Condition.POSITIVE_ACK_LIMIT
    back = acquire_signal(lose_signal(sending), 5000.0)
    assert kinds(pass_by(back, 5000.0)[1]) == ["Eof"]


def test_it_prompts_a_silent_receiver_and_reminds_it_of_the_end() -> None:
    sending, _ = pass_by(opened())
    sending = hear(sending, Ack(Directive.EOF), 0.5)
    out: list[Body] = []
    for turn in range(1, 15):
        sending, more = pass_by(sending, float(turn))
        out += more
    assert kinds(out) == ["Prompt", "Eof"]
    assert hear(sending, KeepAlive(3), 20.0).condition == Condition.NO_ERROR


def test_resume_asks_what_is_missing() -> None:
    """Field fault: a resume after loss of signal that sends nothing (yamcs #1153)."""
    sending, _ = pass_by(opened(), room=2 * 516)
    sending = acquire_signal(lose_signal(sending), 5700.0)
    assert kinds(pass_by(sending, 5700.0)[1]) == ["Prompt", "FileData", "FileData", "Eof"]
    fresh = acquire_signal(lose_signal(opened()), 5700.0)
    assert kinds(pass_by(fresh, 5700.0)[1])[0] == "Metadata"  # nothing was sent yet: nothing to ask


def test_every_finished_is_acknowledged_also_late_ones() -> None:
    sending, _ = pass_by(opened())
    sending = hear(sending, Finished(), 1.0)
    assert not sending.done
    sending, out = pass_by(sending, 1.0)
    assert out == [Ack(Directive.FINISHED, status=2)] and sending.done and sending.delivered
    sending, out = pass_by(hear(sending, Finished(), 9.0), 9.0)
    assert out == [Ack(Directive.FINISHED, status=2)]
    assert pass_by(sending, 100.0)[1] == []


def test_a_refused_file_is_not_delivered() -> None:
    sending = hear(pass_by(opened())[0], Finished(Condition.FILESTORE_REJECTION, complete=False, file_status=1), 1.0)
    assert sending.condition == Condition.FILESTORE_REJECTION and not sending.delivered


def test_a_cancelled_file_says_so_until_that_is_acknowledged() -> None:
    sending, _ = pass_by(opened(), room=516)
    sending, out = pass_by(cancel(sending), 1.0)
    assert out == [Eof(0, 500, Condition.CANCELLED)]
    assert pass_by(sending, 7.0)[1] == [Eof(0, 500, Condition.CANCELLED)]
    sending = hear(hear(sending, Nak(0, 500, ((0, 500),)), 8.0), Ack(Directive.EOF, Condition.CANCELLED), 8.0)
    assert sending.done and pass_by(sending, 100.0)[1] == [] and not sending.delivered


@given(
    requests=st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), max_size=20),
    other=st.sampled_from([Prompt(), Eof(1, 2), Metadata(1, b"", b""), FileData(0, b"x"), Ack(3), KeepAlive(2**63)]),
    room=st.integers(0, 5000),
)
def test_nothing_that_is_heard_makes_it_send_what_is_not_the_file(
    requests: list[tuple[int, int]], other: Body, room: int
) -> None:
    sending, _ = pass_by(opened(), room=room)
    sending = hear(hear(sending, Nak(5, 3, tuple(requests)), 1.0), other, 1.0)
    for turn in range(8):
        sending, out = pass_by(sending, 2.0 + turn)
        assert all(b.offset >= 0 and 0 < len(b.data) <= 500 for b in out if isinstance(b, FileData))
        assert all(b.offset + len(b.data) <= 2000 for b in out if isinstance(b, FileData))
    assert sending.sent_to == 2000


@pytest.mark.parametrize("ids", [{}, {"crc": True}, {"large": True}, {"entity_bytes": 1, "sequence_bytes": 2}])
def test_the_fast_way_and_the_slow_way_make_the_same_packets(ids: dict[str, Any]) -> None:
    sending, out = send(opened(**ids), 0.0, 10**6)
    slow = [file_packet(pdu, 16380 + k) for k, pdu in enumerate(outgoing_pdus(sending, out, CONTENT))]
    fast = PacketStream.joined(list(outgoing_packets(sending, out, CONTENT, 16380)))
    assert fast.data.tobytes() == b"".join(slow)
    assert fast.starts.tolist() == list(np.cumsum([0, *map(len, slow[:-1])]))


def test_a_full_piece_fills_a_frame() -> None:
    assert len(file_packet(pack_pdu(IDS, FileData(0, bytes(FILE_SEGMENT_BYTES))), 0)) == FRAME_DATA_BYTES


def test_a_file_above_4_gib_needs_wide_offsets() -> None:
    with pytest.raises(InputError, match="large"):
        open_sending(IDS, Metadata(2**32, b"a", b"a"), 0)
    open_sending(Ids(77, 1, 9, large=True), Metadata(2**32, b"a", b"a"), 0)


def test_an_outbox_remembers_what_is_done_and_answers_for_it() -> None:
    box = Outbox(77, 9)
    box.add("a", CONTENT)
    box.acquire_signal(0.0)
    assert len(box.frames(0.0, 100)) and box.waiting == (1,)
    box.hear([pack_pdu(IDS, Finished()), b"\x20noise", pack_pdu(Ids(78, 1, 9), Finished())], 1.0)
    assert len(box.frames(1.0, 100)) == 1 and box.waiting == ()
    assert len(box.frames(2.0, 100)) == 0
    box.hear([pack_pdu(IDS, Finished())], 3.0)
    assert box.waiting == (1,) and len(box.frames(3.0, 100)) == 1 and box.waiting == ()


@pytest.mark.parametrize("options", [{"channel": 8}, {"channel": 1, "control": b"123"}])
def test_frames_of_no_such_channel_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="channel"):
        in_frames(PacketStream.of([b"x"]), spacecraft_id=1, counts=FrameCounts(), **options)
