"""The day's contacts: satellites fly from one to the next, and what they have taken comes down as files, by CFDP."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.picture import ReceivedPicture
from swath.archive.source_packets import picture_in
from swath.fly.activities import Activity, span_s
from swath.fly.channel import Channel
from swath.fly.compress import Measured
from swath.fly.flight import Flight
from swath.fly.frames import PacketStream
from swath.fly.housekeeping import housekeeping_of, housekeeping_packets
from swath.fly.reports import activity_reports, report_packets
from swath.fly.sending import Sent
from swath.fly.signal import Flow
from swath.model import SIMULATED
from swath.operate.commanding import CommandDay
from swath.operate.file_day import DownFile, FileDay
from swath.operate.file_link import LinkTerms
from swath.operate.shot import Known, Shot, Taken, shoot
from swath.report.outcome import Links
from swath.spacecraft.link_format import FILE_SEGMENT_BYTES
from swath.spacecraft.report_format import Report
from swath.store.mission import Operations
from swath.time import elapsed_s, seconds

__all__ = [
    "GROUND",
    "Arrival",
    "DayOfContacts",
    "Landed",
    "contact_file",
    "link_terms",
    "picture_file",
    "telemetry_file",
]

DAMAGED_SHARE = 0.5
"""of the frames that are lost: they come with wrong bits, the others not at all"""

GROUND = "ground"
"""the folder, in a run's scratch, into which files come down"""

Transaction = tuple[int, int]


@dataclass(frozen=True)
class Landed:
    """How a picture came down."""

    station: str
    received: np.datetime64
    """when its last piece came"""
    frames_sent: int
    """repeats included"""
    frames_resent: int
    bit: float
    measured: Measured
    """what compression on board made of it"""
    missing_share: float = 0.0
    """of the file, which never came"""


@dataclass(frozen=True)
class Arrival:
    """One picture as it came down: its file, for the process that maps it."""

    shot: Shot
    file: Path
    taken: Taken
    landed: Landed

    @property
    def crc32(self) -> tuple[int, ...]:
        """Of the pixels as they were taken."""
        return self.taken.crc32

    def known(self) -> Known:
        """What is known of the place beside the picture; it is read once, its file is then thrown away."""
        with self.taken.known.open("rb") as stream:
            found: Known = pickle.load(stream)
        self.taken.known.unlink()
        return found

    def picture(self) -> ReceivedPicture:
        """The picture, put together from its packets."""
        content = np.memmap(self.file, np.uint8, "r")
        return picture_in(content, spacecraft=self.shot.satellite.radio.spacecraft_id)


def contact_file(contact: str) -> Path:
    """Path in a run's folder of the bytes that a contact brought."""
    return Path("downlink") / f"{contact}_{SIMULATED}.bin"


def picture_file(acquisition: str) -> str:
    """Name of a picture's file on board and on the ground."""
    return f"pictures/{acquisition}_{SIMULATED}.packets"


def telemetry_file(satellite: str, number: int) -> str:
    """Name of the file of what a satellite told of itself up to a contact; files are numbered from 1."""
    return f"telemetry/{satellite}-{number:03d}_{SIMULATED}.packets"


def link_terms(operations: Operations, rate_bit_s: float | Callable[[float], float]) -> LinkTerms:
    """What the two ways of a contact can do."""
    channel = Channel(operations.frame_loss, operations.frame_burst_count, damaged_share=DAMAGED_SHARE)
    return LinkTerms(rate_bit_s, operations.uplink_bit_s, channel, operations.uplink_loss)


class DayOfContacts:
    """All contacts of some flights, in the order of time, with everything that is sent in them.

    Each satellite is flown to its next contact, what it took on the way is made ready, and the contact is held: its
    telemetry first, then pictures as the plan says; what is lost is asked for again in the same contact while it lasts,
    or in the next. A picture leaves the satellite's memory when the ground has confirmed it. Space and ground meet only
    in the bytes that are also written to ``downlink/``. What the day brought fills as :meth:`arrivals` is consumed.
    """

    def __init__(
        self,
        flights: Mapping[str, Flight],
        commands: CommandDay,
        operations: Operations,
        shot: Callable[[int, Mapping[str, Any], float], Shot],
        folder: Path,
        scratch: Path,
        *,
        start: np.datetime64,
        stop: np.datetime64,
        seed: int,
        flows: Mapping[str, Flow],
    ) -> None:
        """``shot`` makes what a picture is taken of, from a row of the flown plan's acquisitions and of flight's.

        And from how long before it the turn had arrived. ``flows``: how fast bits flow, by contact, where that changes.
        """
        self.flights, self.plan, self.operations, self.shot = flights, commands.plan, operations, shot
        self.folder, self.scratch, self.start, self.stop_s = folder, scratch, start, span_s(start, start, stop)[1]
        ids = {id: flight.satellite.radio.spacecraft_id for id, flight in flights.items()}
        self.flows = flows
        self.files = FileDay(ids, scratch / GROUND, start, seed=seed, recorded=self._record)
        self.holes: list[str] = []
        """what never came down"""
        self._shots: dict[int, Shot] = {}
        self._taking: dict[int, Future[Taken]] = {}
        self._taken: dict[Transaction, tuple[int, Taken]] = {}
        self._number: dict[int, Transaction] = {}
        self._landed = 0
        self._tellers = {id: _Teller(flight, commands, start) for id, flight in flights.items()}
        (folder / "downlink").mkdir(exist_ok=True)
        for flight in flights.values():
            flight.link = self._hold

    def arrivals(self, pool: Executor, progress: Callable[[float], None]) -> Iterator[Arrival]:
        """Each picture when it is whole, or at the end of the day as far as it came."""
        underway = {id: flight.fly(self.stop_s) for id, flight in self.flights.items()}
        waiting: list[tuple[float, str]] = []
        for id, way in sorted(underway.items()):
            self._fly_on(id, way, waiting, pool)
        while waiting:
            _, id = heapq.heappop(waiting)
            self._fly_on(id, underway[id], waiting, pool)
            yield from self._whole()
            progress(len(self.files.contacts()) / max(len(self.plan.contacts), 1))
        yield from self._rest()

    def _fly_on(self, id: str, way: Iterator[Activity], waiting: list[tuple[float, str]], pool: Executor) -> None:
        """Through the contact that a satellite stands before and on to its next one; its new pictures are taken."""
        contact = next(way, None)
        flight = self.flights[id]
        for row in sorted(set(flight.flown) - set(self._shots)):
            if flight.flown[row]["status"] != "skipped":
                self._shots[row] = self.shot(row, flight.flown[row], flight.since_turn_s[row])
                if contact is not None:
                    self._taking[row] = pool.submit(shoot, self._shots[row], self.scratch)
        if contact is not None:
            heapq.heappush(waiting, (contact.start_s, id))

    def links(self) -> Links:
        """What each contact brought."""
        return Links.from_rows(
            [
                {
                    "contact": row["contact"],
                    "frames_sent": row["frames_sent"],
                    "frames_lost": row["frames_sent"] - row["frames_arrived"],
                    "frames_resent": round(row["repeated_bit"] / 8.0 / FILE_SEGMENT_BYTES),
                    "received_bit": row["received_bit"],
                    "files_whole": row["files_whole"],
                    "requests": row["requests"],
                    "up_bit": row["up_bit"],
                }
                for row in self.files.contacts().rows()
            ]
        )

    def _record(self, contact: str, data: np.ndarray[Any, Any]) -> None:
        with (self.folder / contact_file(contact)).open("ab") as file:
            file.write(data.data)

    def _hold(self, contact: Activity, begin_s: float, stop_s: float, held: Mapping[int, float]) -> Sequence[Sent]:
        """A stretch of a contact: the link of a flight."""
        plan = self.plan.contacts
        row = {"id": contact.id, "satellite": plan.satellite[contact.row], "station": plan.station[contact.row]}
        box = self.files.boxes[str(row["satellite"])]
        number, packets = self._tellers[str(row["satellite"])].tell(begin_s)
        name = telemetry_file(str(row["satellite"]), number)
        now = self.start + seconds(begin_s)
        order = [self.files.load(DownFile(str(row["satellite"]), name, packets.data, now))]
        for picture in held:
            if picture not in self._number:
                self._load(picture)
            order.append(self._number[picture])
        box.arrange(number for _, number in order)
        for picture in self.flights[str(row["satellite"])].lost:
            if picture in self._number:
                box.drop(self._number[picture][1])
        (self.folder / contact_file(contact.id)).touch()
        flow = self.flows.get(contact.id)
        self.files.hold(row, link_terms(self.operations, flow.rate_at if flow else contact.bit), begin_s, stop_s)
        confirmed = [(box.confirmed_s.get(self._number[picture][1], np.inf), picture) for picture in held]
        return [Sent(picture, begin_s, at_s, held[picture]) for at_s, picture in sorted(confirmed) if at_s < np.inf]

    def _load(self, picture: int) -> None:
        """A picture that was taken goes into its satellite's outbox."""
        shot, taken = self._shots[picture], self._taking.pop(picture).result()
        ready = self.flights[shot.satellite.id].flown[picture]["stop"]
        file = DownFile(shot.satellite.id, picture_file(shot.acquisition), taken.content(), ready)
        self._number[picture] = self.files.load(file)
        self._taken[self._number[picture]] = picture, taken

    def _whole(self) -> Iterator[Arrival]:
        """Pictures that have become whole on the ground."""
        received, self._landed = self.files.ground.received[self._landed :], len(self.files.ground.received)
        for file in received:
            if file.transaction in self._taken:
                row, at_s = self.files.whole[file.transaction]
                yield self._arrival(file.transaction, file.path, 0.0, str(row["station"]), at_s)

    def _rest(self) -> Iterator[Arrival]:
        """At the end of the day, pictures with holes; of which nothing came, none."""
        last = {str(row["satellite"]): row for row in self.plan.contacts.sort_by("stop").rows()}
        parts = {part.transaction: part for part in self.files.ground.partial()}
        for picture, shot in self._shots.items():
            key = self._number.get(picture)
            if key is None:
                why = self.flights[shot.satellite.id].lost.get(picture, "no contact was left to send it")
                self.holes.append(f"{shot.acquisition}: {why}")
            elif key not in self.files.whole:
                size, there = self.files.sizes[key], self.files.ground.received_bytes(key)
                self.holes.append(f"{shot.acquisition}: {1.0 - there / size:.1%} of it never came down")
                if key in parts and there:
                    row = last[shot.satellite.id]
                    at_s = float(elapsed_s(self.start, row["stop"]))
                    path = self.files.ground.partial_path(key)
                    yield self._arrival(key, path, 1.0 - there / size, str(row["station"]), at_s)

    def _arrival(self, key: Transaction, path: Path, missing: float, station: str, at_s: float) -> Arrival:
        picture, taken = self._taken[key]
        shot = self._shots[picture]
        sending = self.files.boxes[shot.satellite.id].files[key[1]]
        sent, again = (-(-size // FILE_SEGMENT_BYTES) for size in (sending.bytes_sent, sending.bytes_repeated))
        taken.file.unlink(missing_ok=True)
        size = self.files.sizes[key]
        landed = Landed(station, self.start + seconds(at_s), sent, again, 8.0 * size, taken.measured, missing)
        return Arrival(shot, path, taken, landed)


class _Teller:
    """What one satellite has to tell of itself, contact by contact."""

    def __init__(self, flight: Flight, commands: CommandDay, start: np.datetime64) -> None:
        self.flight, self.start, self.satellite = flight, start, flight.satellite
        self.accepted, self.numbers = commands.reports[self.satellite.id], commands.numbers(self.satellite.id)
        self.files = self.samples = 0
        self.told: set[Report] = set()
        self.since = np.datetime64(0, "ns")

    def tell(self, now_s: float) -> tuple[int, PacketStream]:
        """Number of the next file, and its packets: housekeeping since the last, and reports on commands."""
        now = self.start + seconds(now_s)
        rows = self.flight.vehicle.telemetry(self.start, 60.0)
        rows = rows.take((rows.time > self.since) & (rows.time <= now))
        flown = [*self.flight.flown.values(), *self.flight.contacts.values()]
        reports = [*self.accepted, *activity_reports(flown, self.numbers)]
        reports = [report for report in reports if report.at <= now and report not in self.told]
        error_deg = np.full(len(rows), np.nan)
        for one in self.flight.flown.values():
            if one["status"] != "skipped":
                error_deg[(rows.time >= one["start"]) & (rows.time <= one["stop"])] = one["pointing_error_deg"]
        told = housekeeping_of(rows, self.satellite.radio.spacecraft_id, pointing_error_deg=error_deg)
        packets = [
            housekeeping_packets(told, self.samples),
            report_packets(reports, len(self.told)),
        ]
        self.files, self.samples, self.told = self.files + 1, self.samples + len(rows), self.told | set(reports)
        self.since = now
        return self.files, PacketStream.joined(packets)
