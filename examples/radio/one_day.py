"""One satellite, three stations, one day: what its radio brings down, and a picture that comes home over it.

    python examples/radio/one_day.py

Prints each pass with its rates and volume, compresses a picture three ways, and brings one down by CFDP over two short
passes of a link that loses one frame in ten. Everything is simulated.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from swath.access.passes import find_passes
from swath.access.rates import rate_passes
from swath.archive.decompress import decompress
from swath.fly.channel import Channel
from swath.fly.compress import Compression, Measured, compress
from swath.model import Contacts, Receiver
from swath.operate.file_day import DownFile, bring_files_down
from swath.operate.file_link import LinkTerms
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft.atmosphere import station_atmosphere
from swath.spacecraft.catalog import station
from swath.spacecraft.radio import Link, Transmitter

__all__ = ["main"]

# The orbit of CAS500-1, CelesTrak "active" list of 2026-05-07; the radio and the dishes are ours.
TLE = """
1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999
2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624
"""
RADIO = Transmitter(frequency_hz=8.2e9, power_w=2.0, gain_db=6.0, symbol_rate_per_s=56e6)
DISH = Receiver(dish_m=5.0, noise_k=150.0)
START, STOP = np.datetime64("2026-05-08T00:00", "ns"), np.datetime64("2026-05-09T00:00", "ns")


def main() -> None:
    """Print the day."""
    (elements,) = parse_tle(TLE).elements
    ephemeris = sgp4_ephemeris(elements, packaged_eop())
    stations = [station(name).station(min_elevation_deg=5.0) for name in ("svalbard", "inuvik", "awarua")]
    links = {("sat", s.id): Link(RADIO, DISH, station_atmosphere(s, RADIO.frequency_hz)) for s in stations}
    passes = find_passes({"sat": ephemeris}, stations, START, STOP, packaged_eop())
    rated = rate_passes(passes, {"sat": ephemeris}, stations, links)
    print("SIMULATED. Passes of a day above 5 deg, air no worse than in 99 % of the year")
    print(f"{'rise (UTC)':<20} {'station':<10} {'highest':>8} {'peak':>10} {'mean':>10} {'volume':>8}")
    for row in rated.rows():
        print(
            f"{row['start'].astype('datetime64[s]')!s:<20} {row['station']!s:<10} {row['max_elevation_deg']:>4.0f} deg"
            f" {row['peak_rate_bit_s'] / 1e6:>5.0f} Mb/s {row['mean_rate_bit_s'] / 1e6:>5.0f} Mb/s"
            f" {row['volume_bit'] / 8e9:>5.1f} GB"
        )
    print(f"{len(rated)} passes, {rated.volume_bit.sum() / 8e9:.0f} GB\n")

    y, x = np.mgrid[0:512, 0:512]
    land = 1200 + 500 * np.sin(x / 40) * np.cos(y / 60) + np.random.default_rng(0).normal(0, 6, (2, 512, 512))
    picture = np.clip(land, 0, 4095).astype(np.uint16)
    for compression in (Compression("aec"), Compression("jpegls"), Compression("jpeg2000", 2.0)):
        strips = list(compress([picture], compression))
        found = sum((strip.measured for strip in strips), Measured())
        print(f"{compression.codec:<9} {found.ratio:5.2f} : 1, largest error {found.max_error_count} counts")

    content = np.frombuffer(b"".join(strip.data for strip in compress([picture], Compression("jpegls"))), np.uint8)
    first = passes.take(slice(0, 2))
    contacts = Contacts(
        ["c1", "c2"], first.satellite, first.station, first.start, first.start + np.timedelta64(6, "s"),
        np.full(2, 4e5), np.zeros(2),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        down, contacts_held = bring_files_down(
            [DownFile("sat", "picture_SIMULATED.strips", content, START)], {"sat": 77}, contacts, Path(folder),
            terms=lambda row: LinkTerms(float(row["rate_bit_s"]), 64e3, Channel(0.1, 3.0), uplink_loss=0.1), seed=1,
        )  # fmt: skip
        for row in contacts_held.rows():
            print(f"contact {row['contact']}: {row['frames_sent']} frames sent, {row['frames_arrived']} arrived")
        got, there = decompress(np.fromfile(Path(folder) / "picture_SIMULATED.strips", np.uint8), picture.shape)
    whole = bool(there.all()) and np.array_equal(got, picture)
    print(f"the picture came down in {down.contact[0]}, {'bit for bit' if whole else 'DIFFERENT'}, with")
    print(f"{down.sent_bit[0] / down.size_bit[0]:.2f} times its bytes sent")


if __name__ == "__main__":
    main()
