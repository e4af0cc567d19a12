"""The interface between space and ground: how pictures and files lie in CCSDS bytes.

``fly`` writes it and ``archive`` reads it, each with its own code; this page is all they share. Numbers are
big-endian. Standards: CCSDS 133.0-B-2 (space packets), CCSDS 132.0-B-3 (TM transfer frames), CCSDS 131.0-B-5 (sync
marker), CCSDS 301.0-B-4 (time).

A contact file is a run of channel units: ``SYNC_MARKER`` + one TM transfer frame of ``FRAME_BYTES``: 6 bytes primary
header (no secondary header), ``FRAME_DATA_BYTES`` of packets back to back (first header pointer ``NO_PACKET_START``
where none begins; unused space holds idle packets of APID 2047, which have neither secondary header nor error control),
4 bytes operational control field on the telemetry channel only, 2 bytes frame error control (CRC-16-CCITT, preset to
ones, over the frame before it without the marker). Virtual channel 1 carries telemetry, 2 files; 7 idle frames, whose
pointer is ``ONLY_IDLE`` and whose data field means nothing: sent when there is nothing to say. The counters of
frames, one of the spacecraft and one of each channel, run on from contact to contact, modulo 256.

Files: a packet of APID ``FILES_APID`` has no secondary header, holds one protocol data unit of CFDP
(``spacecraft.cfdp_format``) and ends in packet error control. What goes up comes as the same packets.

A picture is a file of its camera's source packets, back to back: header, line records, pixels. A source packet: 6 bytes
primary header (telemetry, secondary header present, sequence flags unsegmented), secondary header ``SECONDARY`` (CUC
time: TAI seconds since 1958-01-01 and 1/65536 s, of the picture's first line in all its packets, so that a number used
again after a reset never mixes two pictures; picture number; kind; chunk number), the chunk, 2 bytes packet error
control (same CRC over the whole packet before it). The sequence count numbers the packets of a picture modulo 16384. So
a hole in the file costs the chunks that it touches, and nothing else.

Kinds of chunk: ``KIND_HEADER`` chunk 0: UTF-8 JSON of the picture header, see ``HEADER_KEYS``. ``KIND_LINES`` ancillary
records, ``LINES_PER_CHUNK`` to a chunk, each ``LINE_RECORD``: line number, UTC of the line's middle in ns since 1970,
ITRF position (m) and Earth-fixed velocity (m/s) as measured on board, roll, pitch, yaw in the orbital frame (deg) as
measured. Records stand at lines 0, ``line_step``, 2 ``line_step``, ... and at the last line; between them linear
interpolation is meant (cubic Hermite for the position). ``KIND_PIXELS`` the picture as one byte string: bands in
order, each band line by line, 12-bit samples packed two in three bytes (high bits first; an odd last one is padded with
a zero sample), ``pixel_bytes`` in all, cut in chunks of ``CHUNK_BYTES``, the last one shorter. Or, of a compressed
picture, ``KIND_STRIPS``: its strips (``spacecraft.strip_format``) as one byte string, cut likewise.

Angles: boresight = (sin p, cos p sin r, cos p cos r) in the (forward, right, down) axes of ``frames.orbital_axes``;
the detector axis is the rolled right axis (0, cos r, -sin r), turned about the boresight by yaw (positive turns right
towards backward: axis cos y - (axis x boresight) sin y, where axis x boresight points forward at zero angles).
Column ``j`` of band ``b`` in line ``i`` looks along boresight + (j - (columns - 1) / 2) x ifov_rad x detector axis +
``band_row_px[b]`` x ifov_rad x (detector axis x boresight), from the place and attitude of line i -
``band_lead_lines[b]`` of the records: rows of detectors stand one behind the other, and those that look ahead are read
earlier. Before the first record the attitude is that of the first.
"""

from __future__ import annotations

import struct

__all__ = [
    "CHANNEL_FILES",
    "CHANNEL_IDLE",
    "CHANNEL_TELEMETRY",
    "CHUNK_BYTES",
    "FILES_APID",
    "FILE_SEGMENT_BYTES",
    "FRAME_BYTES",
    "FRAME_DATA_BYTES",
    "HEADER_KEYS",
    "IDLE_APID",
    "KIND_HEADER",
    "KIND_LINES",
    "KIND_PIXELS",
    "KIND_STRIPS",
    "LINES_PER_CHUNK",
    "LINE_RECORD",
    "NO_PACKET_START",
    "ONLY_IDLE",
    "RADAR_HEADER_KEYS",
    "SECONDARY",
    "SYNC_MARKER",
]

SYNC_MARKER = bytes.fromhex("1ACFFC1D")
FRAME_BYTES = 1115
FRAME_DATA_BYTES = FRAME_BYTES - 6 - 2
NO_PACKET_START, ONLY_IDLE = 0b111_1111_1111, 0b111_1111_1110
"""in place of the first header pointer: of a frame in which no packet begins, and of one without any"""
IDLE_APID = 2047

CHANNEL_TELEMETRY, CHANNEL_FILES, CHANNEL_IDLE = 1, 2, 7
"""virtual channels"""
FILES_APID = 2045
"""of the packets that carry CFDP, in the registry of the Space Assigned Numbers Authority"""
FILE_SEGMENT_BYTES = FRAME_DATA_BYTES - 6 - 12 - 4 - 2
"""file data that, with packet header, CFDP header, offset and packet error control, fills a frame"""

SECONDARY = struct.Struct(">IHIBI")
"""CUC coarse seconds, CUC fine (1/65536 s), picture number, kind, chunk number"""

KIND_HEADER, KIND_LINES, KIND_PIXELS, KIND_STRIPS = 0, 1, 2, 3
CHUNK_BYTES = 3072
"""2,048 samples: headers cost 0.75 % of the file, a lost frame at most 4,096 samples"""
LINES_PER_CHUNK = 64
LINE_RECORD = struct.Struct(">Iq3d3d3d")
"""line, UTC ns, x y z m, vx vy vz m/s, roll pitch yaw deg"""

_EVERY_HEADER = (
    "acquisition",
    "request",
    "satellite",
    "lines",
    "columns",
    "bands",
    "line_step",
    "line_chunks",
    "pixel_chunks",
    "pixel_bytes",
)

HEADER_KEYS = (
    *_EVERY_HEADER,
    "ifov_rad",
    "reflectance_per_count",
    "offset_count",
    "gsd_m",
    "band_row_px",
    "band_lead_lines",
    "simulated",
)
"""of a camera's picture. ``bands`` is a list of names, ``simulated`` true or false, ids are of letters, digits and
``._:-``; for all bands reflectance x cos(sun zenith) = (count - offset_count) x reflectance_per_count; count 0 is a
dead sample. ``band_row_px`` and ``band_lead_lines`` hold a number for each band, see Angles above; if absent, 0"""

RADAR_HEADER_KEYS = (
    *_EVERY_HEADER,
    "near_range_m",
    "range_spacing_m",
    "right",
    "looks",
    "counts_per_amplitude",
    "incidence_deg",
    "gsd_m",
    "simulated",
)
"""of a radar's picture, of the same packets: line i lies abeam of the place and time of its record; column j is
``near_range_m`` + j ``range_spacing_m`` away, to the ``right`` of the flight or to the left; amplitude (root of sigma
nought, a mean of ``looks`` looks) = count / ``counts_per_amplitude``; ``incidence_deg`` at the middle. Roll, pitch and
yaw of the records are 0"""
