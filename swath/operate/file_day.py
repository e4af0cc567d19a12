"""A day of files: many satellites, many passes, many stations, one folder on the ground."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.incoming import IncomingFiles
from swath.errors import InputError
from swath.fly.outbox import Outbox
from swath.model import Contacts
from swath.operate.file_link import FileContact, LinkTerms, hold_file_contact
from swath.table import Table, column
from swath.time import elapsed_s, seconds

__all__ = ["GROUND_ENTITY", "DownFile", "FileContacts", "FileDay", "FilesDown", "bring_files_down"]

Bytes = npt.NDArray[np.uint8]
GROUND_ENTITY = 65_000
"""the ground's CFDP entity, above all spacecraft identifiers"""


@dataclass(frozen=True, eq=False)
class DownFile:
    """A file that waits on board."""

    satellite: str
    name: str
    """also its path in the folder on the ground"""
    content: Bytes
    """its bytes; a memory map will do"""
    ready: np.datetime64
    """from when on it can be sent, UTC"""


@dataclass(frozen=True)
class FilesDown(Table):
    """What became of each file."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    file: npt.NDArray[np.str_] = column("U", "-", "name")
    contact: npt.NDArray[np.str_] = column("U", "-", "id of the contact in which it was whole; empty where it is not")
    station: npt.NDArray[np.str_] = column("U", "-", "of that contact")
    received: npt.NDArray[np.datetime64] = column(
        "datetime64[ns]", "UTC", "last piece on the ground; NaT where not whole"
    )
    size_bit: npt.NDArray[np.float64] = column("f8", "bit", "of the file")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "of file data, repeats included")
    repeated_bit: npt.NDArray[np.float64] = column("f8", "bit", "of that, sent again")
    missing_bit: npt.NDArray[np.float64] = column("f8", "bit", "0 where whole")


@dataclass(frozen=True)
class FileContacts(Table):
    """What each contact did."""

    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    frames_sent: npt.NDArray[np.int64] = column("i8", "-", "")
    frames_arrived: npt.NDArray[np.int64] = column("i8", "-", "whole; doubles counted")
    repeated_bit: npt.NDArray[np.float64] = column("f8", "bit", "of file data sent, what was sent before")
    received_bit: npt.NDArray[np.float64] = column("f8", "bit", "of file data that the ground did not have yet")
    units_up: npt.NDArray[np.int64] = column("i8", "-", "CFDP units sent to the satellite")
    requests: npt.NDArray[np.int64] = column("i8", "-", "of those, lists of what is missing")
    up_bit: npt.NDArray[np.float64] = column("f8", "bit", "they took")
    files_whole: npt.NDArray[np.int64] = column("i8", "-", "files that became whole in it")


def bring_files_down(
    files: Sequence[DownFile],
    spacecraft_ids: Mapping[str, int],
    contacts: Contacts,
    folder: Path,
    *,
    terms: Callable[[Mapping[str, Any]], LinkTerms],
    seed: int,
    recorded: Callable[[str, Bytes], None] = lambda contact, data: None,
) -> tuple[FilesDown, FileContacts]:
    """Bring a day's files down over its contacts, whatever their stations, into ``folder``.

    ``spacecraft_ids``: CCSDS identifiers by satellite id. ``terms`` gives what the link of a row of ``contacts`` can do
    (rate, return link, channel). In each contact what was lost before is repeated, then the files that are ready are
    sent, oldest first. ``recorded`` is given the bytes that each contact brought. The same seed gives the same bytes.
    Raises :class:`InputError` where a satellite has no identifier.
    """
    unknown = {file.satellite for file in files} | set(contacts.satellite.tolist())
    if unknown - set(spacecraft_ids):
        missing = min(unknown - set(spacecraft_ids))
        raise InputError(f"satellite {missing!r} has no CCSDS identifier", fix="Give one for each satellite")
    ordered = contacts.sort_by("start", "id")
    epoch = ordered.start.min() if len(ordered) else np.datetime64(0, "ns")
    day = FileDay(spacecraft_ids, folder, epoch, seed=seed, recorded=recorded)
    waiting = sorted(files, key=lambda file: (file.ready, file.satellite, file.name))
    for row in ordered.rows():
        ready = [f for f in waiting if f.satellite == str(row["satellite"]) and f.ready <= row["start"]]
        waiting = [file for file in waiting if file not in ready]
        for file in ready:
            day.load(file)
        start_s, stop_s = (float(elapsed_s(epoch, row[edge])) for edge in ("start", "stop"))
        day.hold(row, terms(row), start_s, stop_s)
    for file in waiting:
        day.load(file)
    return day.files_down(), day.contacts()


class FileDay:
    """Both ends of a day's links, held contact by contact in the order of time; times in seconds since ``epoch``."""

    def __init__(
        self, spacecraft_ids: Mapping[str, int], folder: Path, epoch: np.datetime64, *, seed: int,
        recorded: Callable[[str, Bytes], None] = lambda contact, data: None,
    ) -> None:  # fmt: skip
        self.boxes = {satellite: Outbox(number, GROUND_ENTITY) for satellite, number in spacecraft_ids.items()}
        self.ground = IncomingFiles(folder, entity=GROUND_ENTITY)
        self.epoch, self.seed, self.recorded = epoch, seed, recorded
        self.names: dict[tuple[int, int], tuple[str, str]] = {}
        """satellite and name of each file, by transaction"""
        self.sizes: dict[tuple[int, int], int] = {}
        self.whole: dict[tuple[int, int], tuple[Mapping[str, Any], float]] = {}
        """the contact in which a file became whole on the ground, and when"""
        self._held: dict[str, tuple[FileContact, int]] = {}

    def load(self, file: DownFile) -> tuple[int, int]:
        """A file is ready to be sent."""
        box = self.boxes[file.satellite]
        key = box.spacecraft_id, box.add(file.name, file.content)
        self.names[key], self.sizes[key] = (file.satellite, file.name), len(file.content)
        return key

    def hold(self, row: Mapping[str, Any], terms: LinkTerms, start_s: float, stop_s: float) -> FileContact:
        """A contact, or a stretch of one; ``row`` has at least ``id``, ``satellite`` and ``station``."""
        id, box = str(row["id"]), self.boxes[str(row["satellite"])]
        before, fresh = self._held.get(id, (FileContact(), 0))
        had = self._received(box)
        made = hold_file_contact(
            box, self.ground, terms, start_s=start_s, stop_s=stop_s,
            seed=zlib.crc32(f"{self.seed} {id}{f' {start_s}' if id in self._held else ''}".encode()),
            recorded=lambda data: self.recorded(id, data),
        )  # fmt: skip
        self.whole |= {key: (row, at_s) for key, at_s in made.whole}
        self._held[id] = before + made, fresh + self._received(box) - had
        return made

    def _received(self, box: Outbox) -> int:
        """Bytes that the ground has of a satellite's files."""
        return sum(self.ground.received_bytes((box.spacecraft_id, number)) for number in box.files)

    def contacts(self) -> FileContacts:
        """What each contact did that was held."""
        return FileContacts.from_rows(
            [
                {
                    "contact": id,
                    "frames_sent": made.frames_sent,
                    "frames_arrived": made.frames_arrived,
                    "repeated_bit": 8.0 * made.bytes_repeated,
                    "received_bit": 8.0 * fresh,
                    "units_up": made.units_up,
                    "requests": made.requests,
                    "up_bit": 8.0 * made.bytes_up,
                    "files_whole": len(made.whole),
                }
                for id, (made, fresh) in self._held.items()
            ]
        )

    def files_down(self) -> FilesDown:
        """What became of each file that was loaded."""
        rows = []
        for key, (satellite, name) in self.names.items():
            sending, (contact, at_s) = self.boxes[satellite].files[key[1]], self.whole.get(key, ({}, 0.0))
            size = self.sizes[key]
            rows.append(
                {
                    "satellite": satellite,
                    "file": name,
                    "contact": contact.get("id", ""),
                    "station": contact.get("station", ""),
                    "received": self.epoch + seconds(at_s) if contact else np.datetime64("NaT"),
                    "size_bit": 8.0 * size,
                    "sent_bit": 8.0 * sending.bytes_sent,
                    "repeated_bit": 8.0 * sending.bytes_repeated,
                    "missing_bit": 0.0 if contact else 8.0 * (size - self.ground.received_bytes(key)),
                }
            )
        return FilesDown.from_rows(rows)
