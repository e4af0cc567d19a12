"""The day's contacts: what is sent in each, what arrives, and what is asked for again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.assemble import assemble
from swath.archive.picture import ReceivedPicture
from swath.archive.receive import PacketTable, Reception, keep_packets, receive
from swath.fly.downlink import airtime_s, frames_for, packets_by_name, packets_for, transmit
from swath.fly.spacecraft import FlightLog
from swath.model import SIMULATED, Plan
from swath.operate.shot import Shot, Taken, shoot
from swath.report.outcome import Links
from swath.spacecraft import Satellite
from swath.spacecraft.link_format import FRAME_DATA_BYTES
from swath.time import seconds

__all__ = ["Arrival", "DayOfContacts", "Landed", "contact_file", "hand_over"]


@dataclass(frozen=True)
class Landed:
    """How a picture came down."""

    station: str
    received: np.datetime64
    """when its last frame came"""
    frames_sent: int
    """repeats included"""
    frames_resent: int
    bit: float


@dataclass(frozen=True)
class Arrival:
    """One picture as it came down: its packets, their chunks in a scratch file for the process that maps it."""

    shot: Shot
    packets: PacketTable
    stream: Path
    missing: int
    """packets that never came"""
    crc32: int
    """of the pixels as they were taken"""
    landed: Landed

    def picture(self) -> ReceivedPicture:
        """The picture, put together from its packets."""
        stream = np.memmap(self.stream, np.uint8, "r")
        (picture,) = assemble([Reception(self.packets, stream, 0, 0, 0, 0, 0)])
        return picture


def hand_over(
    picture: ReceivedPicture, heard: Sequence[Reception], shot: Shot, crc32: int, landed: Landed, scratch: Path
) -> Arrival:
    """Put aside a picture's packets for the process that maps it."""
    kept = keep_packets(heard, {picture.key})
    stream = scratch / f"{shot.acquisition}.stream"
    kept.stream.tofile(stream)
    return Arrival(shot, kept.packets, stream, len(picture.missing), crc32, landed)


@dataclass(eq=False)
class _OnBoard:
    """A picture that the satellite keeps until the ground has all of it."""

    shot: Shot
    taken: Taken
    done_at: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT"))
    station: str = ""
    sent: int = 0
    """frames, repeats included"""
    resent: int = 0


def contact_file(contact: str) -> Path:
    """Path in a run's folder of the bytes that a contact brought."""
    return Path("downlink") / f"{contact}_{SIMULATED}.bin"


class DayOfContacts:
    """All contacts of a flight, in the order of time. What they brought fills as :meth:`arrivals` is consumed.

    A satellite's next contact brings what the one before lost. What an urgent picture lost, or what is lost in a
    satellite's last contact, is asked for in the same contact while it lasts. Space and ground meet only in the bytes
    that are also written to ``downlink/``.
    """

    def __init__(
        self,
        satellites: Sequence[Satellite],
        flight: FlightLog,
        plan: Plan,
        shots: Mapping[str, Shot],
        folder: Path,
        scratch: Path,
        *,
        loss: float,
        seed: int,
    ) -> None:
        self.radios = {satellite.id: _Radio(satellite, scratch) for satellite in satellites}
        contacts = flight.contacts.sort_by("start", "contact")
        self.contacts = contacts.take(contacts.status != "lost")
        self.final = {str(row["satellite"]): str(row["contact"]) for row in self.contacts.rows()}
        self.rate_bit_s = dict(zip(plan.contacts.id.tolist(), plan.contacts.rate_bit_s.tolist(), strict=True))
        parts = flight.deliveries.sort_by("start")
        # A picture is sent in the contact that brings its last part.
        last = dict(zip(parts.acquisition.tolist(), parts.contact.tolist(), strict=True))
        self.queue = [[a for a, contact in last.items() if contact == c] for c in self.contacts.contact]
        self.shots, self.folder, self.scratch, self.loss, self.seed = shots, folder, scratch, loss, seed
        self.rows: list[dict[str, Any]] = []
        self.faults: list[str] = []
        """what the link must not do"""
        self.holes = [f"{a}: no contact was left to send it" for a in shots if a not in last]
        """what never came down"""

    def arrivals(self, pool: Executor, progress: Callable[[float], None]) -> Iterator[Arrival]:
        """Each picture when it is whole, or at the end of the day as far as it came."""
        (self.folder / "downlink").mkdir(exist_ok=True)
        taking: dict[str, Future[Taken]] = {}
        for number, contact in enumerate(self.contacts.rows()):
            for ahead in self.queue[number : number + 2]:
                taking |= {a: pool.submit(shoot, self.shots[a], self.scratch) for a in ahead if a not in taking}
            radio = self.radios[str(contact["satellite"])]
            for acquisition in self.queue[number]:
                radio.load(_OnBoard(self.shots[acquisition], taking.pop(acquisition).result()))
            self._hold(radio, contact)
            yield from radio.whole()
            progress((number + 1) / len(self.contacts))
        for radio in self.radios.values():
            for arrival in radio.rest():
                self.holes.append(f"{arrival.shot.acquisition}: {arrival.missing} packets never came down")
                yield arrival

    def links(self) -> Links:
        """What each contact brought, in frames."""
        return Links.from_rows(self.rows)

    def _hold(self, radio: _Radio, contact: Mapping[str, Any]) -> None:
        """One contact: what was asked for before, the new pictures, and while it lasts what must not wait."""
        name, now = str(contact["contact"]), contact["start"]
        final = name == self.final[radio.satellite.id]
        row: dict[str, Any] = {
            "contact": name,
            "frames_sent": 0,
            "frames_lost": 0,
            "frames_resent": 0,
            "received_bit": 0.0,
        }
        path = self.folder / contact_file(name)
        path.write_bytes(b"")
        burst = radio.due()
        while burst:
            for on_board, packets in burst:
                now = now + seconds(airtime_s(packets, self.rate_bit_s[name]))
                frames = frames_for(packets)
                again = frames if on_board.sent else 0
                on_board.sent, on_board.resent = on_board.sent + frames, on_board.resent + again
                on_board.done_at, on_board.station = now, str(contact["station"])
                row["frames_resent"] += again
            self._send(radio, [packet for _, packets in burst for packet in packets], path, row)
            burst = [
                (on_board, packets)
                for on_board, packets in radio.due()
                if (final or on_board.shot.request.urgent) and now < contact["stop"]
            ]
        self.rows.append(row)

    def _send(self, radio: _Radio, packets: list[bytes], path: Path, row: dict[str, Any]) -> None:
        """One burst through the lossy channel into the contact's file, and what the ground reads there."""
        seed = zlib.crc32(f"{self.seed} {row['contact']} {radio.next_frame}".encode())
        sent = transmit(packets, radio.satellite, first_frame=radio.next_frame, loss=self.loss, seed=seed)
        radio.next_frame = sent.next_frame
        begin = path.stat().st_size
        with path.open("ab") as file:
            file.write(sent.data)
        row["frames_sent"] += sent.frames_sent
        row["frames_lost"] += sent.frames_lost
        expected, size = sent.frames_sent - sent.frames_lost, len(sent.data)
        del sent
        if not size:
            return
        heard = receive(np.memmap(path, np.uint8, "r", offset=begin))
        radio.heard.append(heard)
        row["received_bit"] += 8.0 * FRAME_DATA_BYTES * heard.frames_good
        if heard.frames_good != expected:
            self.faults.append(f"{row['contact']}: {heard.frames_good} good frames where {expected} arrived")


class _Radio:
    """One satellite's way down: the pictures it keeps, and on the ground the receptions that wait to be completed."""

    def __init__(self, satellite: Satellite, scratch: Path) -> None:
        self.satellite = satellite
        self.scratch = scratch
        self.next_frame = 0
        self.kept: dict[int, _OnBoard] = {}
        self.heard: list[Reception] = []

    def load(self, on_board: _OnBoard) -> None:
        """A picture is ready to be sent."""
        self.kept[on_board.shot.number] = on_board

    def pictures(self) -> list[ReceivedPicture]:
        """What the ground has of the pictures that are on board."""
        expected = [(self.satellite.radio.spacecraft_id, number) for number in self.kept]
        return [p for p in assemble(self.heard, expected=expected) if p.number in self.kept]

    def due(self) -> list[tuple[_OnBoard, tuple[bytes, ...]]]:
        """What is to be sent: the packets that the ground lacks, by picture; of a new picture all."""
        lacking = [(self.kept[p.number], p.missing) for p in self.pictures() if not p.complete]
        return [
            (o, packets_for(packets_by_name(o.taken.packets()), missing) if o.sent else o.taken.packets())
            for o, missing in sorted(lacking, key=lambda pair: (not pair[0].sent, pair[0].shot.number))
        ]

    def whole(self) -> Iterator[Arrival]:
        """Pictures that are complete; both sides forget them."""
        pictures = self.pictures()
        for picture in pictures:
            if picture.complete:
                yield self._arrival(picture)
        still = {p.key for p in pictures if not p.complete}
        del pictures
        self.heard = [keep_packets(self.heard, {(key[0], key[1]) for key in still})] if still else []

    def rest(self) -> Iterator[Arrival]:
        """At the end of the day, pictures with holes; of which not even the header came, none."""
        for picture in self.pictures():
            if picture.header is not None:
                yield self._arrival(picture)

    def _arrival(self, picture: ReceivedPicture) -> Arrival:
        o = self.kept.pop(picture.number)
        o.taken.file.unlink()
        landed = Landed(o.station, o.done_at, o.sent, o.resent, 8.0 * float(o.taken.sizes.sum()))
        return hand_over(picture, self.heard, o.shot, o.taken.crc32, landed, self.scratch)
