"""Another CFDP at the other end: `cfdp-py` 0.7 (CCSDS 727.0-B-5 by other hands) sends to us and receives from us.

Both directions lose, double and disorder units, seeded. Its timers run on the clock of the test.
"""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cfdppy.exceptions import InvalidNakPdu, NoRemoteEntityConfigFound, PduIgnoredForDest, PduIgnoredForSource
from cfdppy.handler.dest import DestHandler
from cfdppy.handler.source import SourceHandler
from cfdppy.mib import (
    CheckTimerProvider,
    DefaultFaultHandlerBase,
    IndicationConfig,
    LocalEntityConfig,
    RemoteEntityConfig,
    RemoteEntityConfigTable,
)
from cfdppy.request import PutRequest
from cfdppy.user import CfdpUserBase
from spacepackets.cfdp.defs import ChecksumType, TransmissionMode
from spacepackets.cfdp.pdu import PduFactory
from spacepackets.countdown import Countdown
from spacepackets.seqcount import SeqCountProvider
from spacepackets.util import ByteFieldU16

from swath.archive.cfdp import ReceivingRules
from swath.archive.incoming import IncomingFiles
from swath.fly.cfdp import Sending, SendingRules, acquire_signal, hear, open_sending, send
from swath.fly.channel import Channel, arrivals
from swath.fly.file_packets import outgoing_pdus
from swath.spacecraft.cfdp_format import Checksum, Ids, Metadata, read_pdu
from swath.spacecraft.checksum import blocks_of, file_checksum

SPACE, GROUND = 77, 9
TURN_S = 0.25


class Quiet(DefaultFaultHandlerBase):
    def notice_of_suspension_cb(self, *_: Any) -> None: ...
    def notice_of_cancellation_cb(self, *_: Any) -> None: ...
    def abandoned_cb(self, *_: Any) -> None: ...
    def ignore_cb(self, *_: Any) -> None: ...


class User(CfdpUserBase):
    """Remembers how a transaction ended."""

    def __init__(self) -> None:
        super().__init__()
        self.finished: list[Any] = []

    def transaction_finished_indication(self, params: Any) -> None:
        self.finished.append(params)

    def transaction_indication(self, *_: Any) -> None: ...
    def eof_sent_indication(self, *_: Any) -> None: ...
    def metadata_recv_indication(self, *_: Any) -> None: ...
    def file_segment_recv_indication(self, *_: Any) -> None: ...
    def report_indication(self, *_: Any) -> None: ...
    def suspended_indication(self, *_: Any) -> None: ...
    def resumed_indication(self, *_: Any) -> None: ...
    def fault_indication(self, *_: Any) -> None: ...
    def abandoned_indication(self, *_: Any) -> None: ...
    def eof_recv_indication(self, *_: Any) -> None: ...


class Timers(CheckTimerProvider):
    def provide_check_timer(self, *_: Any) -> Countdown:
        return Countdown.from_seconds(5.0)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr("spacepackets.countdown.time_ms", lambda: round(self.now_s * 1000))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def settings(own: int, other: int, checksum: ChecksumType, crc: bool) -> tuple[Any, Any]:
    local = LocalEntityConfig(ByteFieldU16(own), IndicationConfig(), Quiet())
    remote = RemoteEntityConfig(
        entity_id=ByteFieldU16(other), max_file_segment_len=512, max_packet_len=600, closure_requested=False,
        crc_on_transmission=crc, default_transmission_mode=TransmissionMode.ACKNOWLEDGED, crc_type=checksum,
        positive_ack_timer_interval_seconds=4.0, positive_ack_timer_expiration_limit=50, immediate_nak_mode=False,
        nak_timer_interval_seconds=4.0, nak_timer_expiration_limit=200,
    )  # fmt: skip
    return local, RemoteEntityConfigTable([remote])


def through(units: list[bytes], channel: Channel, rng: np.random.Generator) -> list[bytes]:
    return [units[k] for k in arrivals(len(units), channel, rng)]


def drain(handler: Any) -> list[bytes]:
    out = []
    while (holder := handler.get_next_packet()) is not None:
        out.append(bytes(holder.pdu.pack()))
    return out


@pytest.mark.parametrize("crc", [False, True])
@pytest.mark.parametrize(
    ("loss", "checksum"),
    [
        (0.0, ChecksumType.MODULAR),
        (0.05, ChecksumType.CRC_32),
        (0.1, ChecksumType.CRC_32C),
        (0.3, ChecksumType.CRC_32C),
    ],
)
def test_it_sends_and_we_receive(tmp_path: Path, clock: Clock, loss: float, checksum: ChecksumType, crc: bool) -> None:
    content = np.random.default_rng(1).integers(0, 256, 100_001, dtype=np.uint8).tobytes()
    (tmp_path / "source.bin").write_bytes(content)
    user = User()
    local, table = settings(SPACE, GROUND, checksum, crc)
    handler = SourceHandler(local, user, table, Timers(), SeqCountProvider(16))
    handler.put_request(PutRequest(ByteFieldU16(GROUND), tmp_path / "source.bin", Path("down/b.bin"), None, None))
    rules = ReceivingRules(answer_s=3.0, nak_bytes=500, tries=50)
    ground = IncomingFiles(tmp_path / "in", entity=GROUND, rules=rules)
    rng, channel = np.random.default_rng(int(loss * 100)), Channel(loss, 1.5, 0.02, 0.02)
    up: deque[bytes] = deque()
    sent = 0
    for _ in range(2000):
        clock.now_s += TURN_S
        down: list[bytes] = []
        for _ in range(20):
            unit = PduFactory.from_raw(up.popleft()) if up else None
            # It forgets a transaction once it has acknowledged the end, and cannot do so again.
            with contextlib.suppress(PduIgnoredForSource, InvalidNakPdu, NoRemoteEntityConfigFound):
                handler.state_machine(unit)
            down += drain(handler)
        sent += len(down)
        pdus = [read_pdu(unit) for unit in through(down, channel, rng)]
        ground.hear_pdus([pdu for pdu in pdus if pdu is not None], clock.now_s)
        up += through(ground.replies(SPACE, clock.now_s), channel, rng)
        if user.finished and not ground.open:
            break
    assert (tmp_path / "in" / "down" / "b.bin").read_bytes() == content
    assert [file.size for file in ground.received] == [len(content)] and ground.partial() == ()
    assert user.finished[0].finished_params.condition_code == 0
    segments = -(-len(content) // 512)
    assert sent < 1.25 * (segments + 20) / (1 - loss) + 20


@pytest.mark.parametrize("crc", [False, True])
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.1, 0.3])
def test_we_send_and_it_receives(tmp_path: Path, clock: Clock, loss: float, crc: bool) -> None:
    content = np.random.default_rng(2).integers(0, 256, 100_001, dtype=np.uint8)
    user = User()
    local, table = settings(GROUND, SPACE, ChecksumType.CRC_32C, crc)
    handler = DestHandler(local, user, table, Timers())
    name = str(tmp_path / "got.bin").encode()
    ids = Ids(SPACE, 5, GROUND, crc=crc)
    metadata = Metadata(len(content), b"here.bin", name, Checksum.CRC_32C)
    rules = SendingRules(segment_bytes=512, answer_s=8.0, tries=500)
    sending: Sending = open_sending(ids, metadata, file_checksum(Checksum.CRC_32C, blocks_of(content)), rules)
    sending = acquire_signal(sending, clock.now_s)
    rng, channel = np.random.default_rng(int(loss * 100)), Channel(loss, 1.5, 0.02, 0.0)
    for _ in range(2000):
        clock.now_s += TURN_S
        sending, outgoing = send(sending, clock.now_s, 20 * 540)
        up = []
        arrived = through(list(outgoing_pdus(sending, outgoing, content)), channel, rng)
        for unit in [*arrived, None]:
            with contextlib.suppress(PduIgnoredForDest):
                handler.state_machine(PduFactory.from_raw(unit) if unit else None)
            up += drain(handler)
        for unit in through(up, channel, rng):
            pdu = read_pdu(unit)
            assert pdu is not None
            sending = hear(sending, pdu.body, clock.now_s)
        if sending.done:
            break
    assert sending.done and sending.delivered
    assert (tmp_path / "got.bin").read_bytes() == content.tobytes()
    assert user.finished[0].finished_params.condition_code == 0
    # With seed 30 the metadata are lost, and this receiver throws away what came before them.
    assert sending.bytes_sent < (1.25 if loss <= 0.1 else 3.0) * len(content) / (1 - loss)
