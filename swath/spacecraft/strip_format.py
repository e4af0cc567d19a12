"""How a compressed picture lies in a file: strips that can each be read alone.

A file is a run of strips. A strip: ``STRIP`` (magic, codec, band, first line, lines, columns, bytes of the body, CRC-32
of all of the header before it and of the body), then the body: samples of 12 bits of one band, lines together. Codecs:
``RAW`` two samples in three bytes, high bits first; ``AEC`` CCSDS 121.0-B-3 with preprocessor, blocks of 16, reference
every 64 blocks, 16-bit little-endian words, the last sample repeated to fill a block; ``JPEG_LS`` ISO 14495-1;
``JPEG_2000`` ISO 15444-1 codestream.
"""

from __future__ import annotations

import struct

__all__ = ["AEC", "AEC_BLOCK", "CODECS", "JPEG_2000", "JPEG_LS", "MAGIC", "RAW", "STRIP"]

MAGIC = b"SWst"
STRIP = struct.Struct(">4sBBIIIII")
RAW, AEC, JPEG_LS, JPEG_2000 = range(4)
AEC_BLOCK = 16
CODECS = ("raw", "aec", "jpegls", "jpeg2000")
