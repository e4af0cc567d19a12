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
from swath.archive.receive import Reception, keep_packets, receive
from swath.fly.downlink import airtime_s, frames_for, packets_by_name, packets_for, transmit
from swath.fly.spacecraft import FlightLog
from swath.model import SIMULATED, Plan
from swath.operate.shot import Shot, Taken, shoot
from swath.report.outcome import Links
from swath.spacecraft import Satellite
from swath.spacecraft.link_format import FRAME_DATA_BYTES
from swath.store.folder import write_whole
from swath.time import seconds

__all__ = ["Arrival", "DayOfContacts", "Landed"]


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
    """One picture as it came down."""

    shot: Shot
    picture: ReceivedPicture
    crc32: int
    """of the pixels as they were taken"""
    landed: Landed


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


class DayOfContacts:
    """All contacts of a flight, in the order of time. ``links`` and ``faults`` fill as :meth:`arrivals` is consumed.

    A satellite's next contact brings what the one before lost; the frames that an urgent picture lost are asked for in
    the same contact while it lasts. Space and ground meet only in the bytes that are also written to ``downlink/``.
    """

    def __init__(
        self,
        satellites: Sequence[Satellite],
        flight: FlightLog,
        plan: Plan,
        shots: Mapping[str, Shot],
        folder: Path,
        *,
        loss: float,
        seed: int,
    ) -> None:
        self.radios = {satellite.id: _Radio(satellite) for satellite in satellites}
        contacts = flight.contacts.sort_by("start", "contact")
        self.contacts = contacts.take(contacts.status != "lost")
        self.rate_bit_s = dict(zip(plan.contacts.id.tolist(), plan.contacts.rate_bit_s.tolist(), strict=True))
        parts = flight.deliveries.sort_by("start")
        self.queue = [[str(a) for a in parts.acquisition[parts.contact == c]] for c in self.contacts.contact]
        self.last = {a: n for n, queued in enumerate(self.queue) for a in queued}
        self.shots, self.folder, self.loss, self.seed = shots, folder, loss, seed
        self.links: list[dict[str, Any]] = []
        self.faults: list[str] = []

    def arrivals(self, pool: Executor, progress: Callable[[float], None]) -> Iterator[Arrival]:
        """Each picture when it is whole, or at the end of the day as far as it came."""
        waiting: dict[str, Future[Taken]] = {}
        for number, contact in enumerate(self.contacts.rows()):
            for ahead in self.queue[number : number + 2]:
                waiting |= {a: pool.submit(shoot, self.shots[a]) for a in ahead if a not in waiting and a in self.last}
            ready = [a for a in self.queue[number] if self.last[a] == number]
            fresh = [_OnBoard(self.shots[a], waiting.pop(a).result()) for a in ready]
            for acquisition in ready:
                del self.last[acquisition]
            yield from self._hold(self.radios[str(contact["satellite"])], contact, fresh)
            progress((number + 1) / len(self.contacts))
        for radio in self.radios.values():
            for arrival in radio.rest():
                missing = len(arrival.picture.missing)
                self.faults.append(f"{arrival.shot.acquisition}: {missing} packets never came down")
                yield arrival

    def table(self) -> Links:
        """What each contact brought, in frames."""
        return Links.from_rows(self.links)

    def _hold(self, radio: _Radio, contact: Mapping[str, Any], fresh: list[_OnBoard]) -> Iterator[Arrival]:
        name, now = str(contact["contact"]), contact["start"]
        rate = self.rate_bit_s[name]
        sent = lost = resent = good = 0
        data = bytearray()
        burst = radio.asked_for() + [(o, o.taken.packets) for o in fresh]
        radio.load(fresh)
        while burst:
            transmission = transmit(
                [packet for _, packets in burst for packet in packets],
                radio.satellite,
                first_frame=radio.next_frame,
                loss=self.loss,
                seed=zlib.crc32(f"{self.seed} {name} {radio.next_frame}".encode()),
            )
            radio.next_frame = transmission.next_frame
            for on_board, packets in burst:
                now = now + seconds(airtime_s(packets, rate))
                on_board.done_at, on_board.station = now, str(contact["station"])
                on_board.sent += frames_for(packets)
                if on_board not in fresh or len(packets) < len(on_board.taken.packets):
                    on_board.resent += frames_for(packets)
                    resent += frames_for(packets)
            sent, lost = sent + transmission.frames_sent, lost + transmission.frames_lost
            data += transmission.data
            radio.heard.append(heard := receive(transmission.data))
            good += heard.frames_good
            if heard.frames_good != transmission.frames_sent - transmission.frames_lost:
                self.faults.append(f"{name}: {heard.frames_good} good frames of {transmission.frames_sent} sent")
            burst = [(o, packets) for o, packets in radio.asked_for() if o.shot.request.urgent and now < contact["stop"]]
        write_whole(self.folder / "downlink" / f"{name}_{SIMULATED}.bin", bytes(data))
        row = {"contact": name, "frames_sent": sent, "frames_lost": lost, "frames_resent": resent}
        self.links.append({**row, "received_bit": 8.0 * FRAME_DATA_BYTES * good})
        yield from radio.whole()


class _Radio:
    """One satellite's way down: the pictures it keeps, and on the ground the receptions that wait to be completed."""

    def __init__(self, satellite: Satellite) -> None:
        self.satellite = satellite
        self.next_frame = 0
        self.kept: dict[int, _OnBoard] = {}
        self.heard: list[Reception] = []

    def load(self, fresh: list[_OnBoard]) -> None:
        """These pictures are now being sent for the first time."""
        self.kept |= {o.shot.number: o for o in fresh}

    def pictures(self) -> list[ReceivedPicture]:
        """What the ground has of the pictures that were sent."""
        expected = [(self.satellite.radio.spacecraft_id, number) for number in self.kept]
        return [p for p in assemble(self.heard, expected=expected) if p.number in self.kept]

    def asked_for(self) -> list[tuple[_OnBoard, tuple[bytes, ...]]]:
        """The packets that the ground asks for again, by picture."""
        incomplete = [p for p in self.pictures() if not p.complete]
        return [
            (on_board, packets_for(packets_by_name(on_board.taken.packets), picture.missing))
            for picture in incomplete
            for on_board in [self.kept[picture.number]]
        ]

    def whole(self) -> Iterator[Arrival]:
        """Pictures that are complete; both sides forget them."""
        pictures = self.pictures()
        for picture in pictures:
            if picture.complete:
                yield self._arrival(picture)
        still = {p.key for p in pictures if not p.complete}
        self.heard = [keep_packets(self.heard, still)] if still else []

    def rest(self) -> Iterator[Arrival]:
        """At the end of the day, pictures with holes."""
        for picture in self.pictures():
            yield self._arrival(picture)

    def _arrival(self, picture: ReceivedPicture) -> Arrival:
        o = self.kept.pop(picture.number)
        bit = 8.0 * sum(len(packet) for packet in o.taken.packets)
        return Arrival(o.shot, picture, o.taken.crc32, Landed(o.station, o.done_at, o.sent, o.resent, bit))
