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
from swath.time import elapsed_s

__all__ = ["DownFile", "FileContacts", "FilesDown", "bring_files_down"]

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
    received: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "end of that contact; NaT where not whole")
    size_bit: npt.NDArray[np.float64] = column("f8", "bit", "of the file")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "of file data, repeats included")
    repeated_bit: npt.NDArray[np.float64] = column("f8", "bit", "of that, sent again")
    missing_bit: npt.NDArray[np.float64] = column("f8", "bit", "0 where whole")


@dataclass(frozen=True)
class FileContacts(Table):
    """What each contact did."""

    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    frames_sent: npt.NDArray[np.int64] = column("i8", "-", "")
    frames_arrived: npt.NDArray[np.int64] = column("i8", "-", "doubles counted")
    units_up: npt.NDArray[np.int64] = column("i8", "-", "CFDP units sent to the satellite")
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
    day = _Day(spacecraft_ids, IncomingFiles(folder, entity=GROUND_ENTITY))
    waiting = sorted(files, key=lambda file: (file.ready, file.satellite, file.name))
    ordered = contacts.sort_by("start", "id")
    epoch = ordered.start.min() if len(ordered) else np.datetime64(0, "ns")
    for row in ordered.rows():
        ready = [f for f in waiting if f.satellite == str(row["satellite"]) and f.ready <= row["start"]]
        waiting = [file for file in waiting if file not in ready]
        day.load(ready)
        start_s, stop_s = (float(elapsed_s(epoch, row[edge])) for edge in ("start", "stop"))
        day.hold(row, terms(row), start_s, stop_s, seed, recorded)
    day.load(waiting)
    return day.files_down(), FileContacts.from_rows(day.contacts)


class _Day:
    """Both ends, and what has happened so far."""

    def __init__(self, spacecraft_ids: Mapping[str, int], ground: IncomingFiles) -> None:
        self.boxes = {satellite: Outbox(number, GROUND_ENTITY) for satellite, number in spacecraft_ids.items()}
        self.ground = ground
        self.files: dict[tuple[int, int], DownFile] = {}
        self.whole: dict[tuple[int, int], Mapping[str, Any]] = {}
        self.contacts: list[dict[str, Any]] = []

    def load(self, files: Sequence[DownFile]) -> None:
        for file in files:
            box = self.boxes[file.satellite]
            self.files[box.spacecraft_id, box.add(file.name, file.content)] = file

    def hold(
        self, row: Mapping[str, Any], terms: LinkTerms, start_s: float, stop_s: float, seed: int,
        recorded: Callable[[str, Bytes], None],
    ) -> None:  # fmt: skip
        box, before = self.boxes[str(row["satellite"])], len(self.ground.received)
        chance = zlib.crc32(f"{seed} {row['id']}".encode())
        made: FileContact = hold_file_contact(
            box, self.ground, terms, start_s=start_s, stop_s=stop_s, seed=chance,
            recorded=lambda data: recorded(str(row["id"]), data),
        )  # fmt: skip
        self.whole |= {file.transaction: row for file in self.ground.received[before:]}
        self.contacts.append(
            {
                "contact": row["id"],
                "frames_sent": made.frames_sent,
                "frames_arrived": made.frames_arrived,
                "units_up": made.units_up,
                "up_bit": 8.0 * made.bytes_up,
                "files_whole": len(self.ground.received) - before,
            }
        )

    def files_down(self) -> FilesDown:
        rows = []
        for key, file in self.files.items():
            sending, contact = self.boxes[file.satellite].files[key[1]], self.whole.get(key)
            size = len(file.content)
            rows.append(
                {
                    "satellite": file.satellite,
                    "file": file.name,
                    "contact": contact["id"] if contact else "",
                    "station": contact["station"] if contact else "",
                    "received": contact["stop"] if contact else np.datetime64("NaT"),
                    "size_bit": 8.0 * size,
                    "sent_bit": 8.0 * sending.bytes_sent,
                    "repeated_bit": 8.0 * sending.bytes_repeated,
                    "missing_bit": 0.0 if contact else 8.0 * (size - self.ground.received_bytes(key)),
                }
            )
        return FilesDown.from_rows(rows)
