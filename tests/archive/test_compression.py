"""Compression on board and its undoing on the ground: real pictures, noise, holes, hostile strips."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.archive.decompress import decompress
from swath.errors import InputError
from swath.fly.compress import Compression, Measured, compress
from swath.spacecraft.strip_format import CODECS, MAGIC, STRIP

Samples = npt.NDArray[np.uint16]
LOSSLESS = ("raw", "aec", "jpegls", "jpeg2000")


def through(pixels: Samples, compression: Compression) -> tuple[Samples, Measured]:
    strips = list(compress([pixels], compression))
    got, there = decompress(b"".join(strip.data for strip in strips), pixels.shape)
    assert there.all()
    return got, sum((strip.measured for strip in strips), Measured())


def smooth(bands: int = 2, lines: int = 300, columns: int = 200, noise: float = 6.0) -> Samples:
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(np.arange(columns), np.arange(lines))
    base = 1500 + 600 * np.sin(x / 37) * np.cos(y / 51)
    return np.stack([np.clip(base + rng.normal(0, noise, base.shape), 0, 4095) for _ in range(bands)]).astype(np.uint16)


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40)),
    codec=st.sampled_from(LOSSLESS), strip=st.integers(1, 50), spread=st.sampled_from([0, 1, 30, 4095]),
    seed=st.integers(0, 100),
)  # fmt: skip
def test_what_is_lossless_comes_back_bit_by_bit(
    shape: tuple[int, int, int], codec: str, strip: int, spread: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, spread + 1, shape).astype(np.uint16)
    got, measured = through(pixels, Compression(codec, strip_lines=strip))
    assert np.array_equal(got, pixels)
    assert (measured.samples, measured.max_error_count, measured.rms_error_count) == (pixels.size, 0, 0.0)


@pytest.mark.needs_shared_data
@pytest.mark.parametrize(("codec", "least"), [("aec", 1.25), ("jpegls", 1.4), ("jpeg2000", 1.3)])
def test_lossless_on_a_real_picture(shared_data: Path, codec: str, least: float) -> None:
    """Sentinel-2 level 1C of the Sen1Floods11 chip, bands 2, 3, 4, 8, clipped to 12 bits."""
    with rasterio.open(shared_data / "imagery" / "flood_spain" / "s2_l1c_13bands.tif") as file:
        pixels = np.clip(file.read([2, 3, 4, 8]), 0, 4095).astype(np.uint16)
    got, measured = through(pixels, Compression(codec))
    assert np.array_equal(got, pixels)
    assert measured.ratio > least


@pytest.mark.needs_shared_data
@pytest.mark.parametrize("rate", [1.0, 2.0, 4.0])
def test_lossy_on_a_real_picture_keeps_to_its_rate(shared_data: Path, rate: float) -> None:
    """Landsat 8 band 4 (USGS), 12 bits of it; the error is as measured on board and falls 6 dB a bit."""
    name = "LC08_L1TP_224077_20200518_20200518_01_RT_B4.TIF"
    with rasterio.open(shared_data / "imagery" / "landsat8_20200518" / name) as file:
        pixels = np.clip(file.read(1)[None, 500:1000, 700:1300].astype(int) - 5000, 0, 4095).astype(np.uint16)
    got, measured = through(pixels, Compression("jpeg2000", rate))
    assert 0.85 * rate < 12.0 / measured.ratio <= rate * 1.01
    error = np.abs(got.astype(int) - pixels)
    assert (int(error.max()), float(np.sqrt((error**2).mean()))) == (
        measured.max_error_count, pytest.approx(measured.rms_error_count),
    )  # fmt: skip
    assert measured.rms_error_count < {1.0: 90.0, 2.0: 45.0, 4.0: 13.0}[rate]


@pytest.mark.parametrize("codec", LOSSLESS)
def test_noise_does_not_grow(codec: str) -> None:
    """Nothing compresses noise: it is stored as it is, and costs the headers of the strips."""
    pixels = np.random.default_rng(0).integers(0, 4096, (1, 512, 512), dtype=np.uint16)
    got, measured = through(pixels, Compression(codec))
    assert np.array_equal(got, pixels) and 0.999 < measured.ratio <= 1.0


def test_what_noise_there_is_bounds_what_lossless_can_do() -> None:
    """Entropy of the noise: log2(sigma sqrt(2 pi e)) bits a sample; no lossless codec gets below it."""
    for noise in (3.0, 6.0, 12.0):
        floor = np.log2(noise * np.sqrt(2 * np.pi * np.e))
        for codec in ("aec", "jpegls", "jpeg2000"):
            _, measured = through(smooth(noise=noise), Compression(codec))
            assert floor < 12.0 / measured.ratio < floor + 2.0


@pytest.mark.parametrize("rate", [0.1, 0.5, 3.0, 11.9])
def test_any_rate_is_kept_to_on_noise_too(rate: float) -> None:
    pixels = np.random.default_rng(2).integers(0, 4096, (1, 256, 256), dtype=np.uint16)
    _, measured = through(pixels, Compression("jpeg2000", rate))
    assert 12.0 / measured.ratio <= rate + 0.01
    flat = np.full((1, 256, 256), 77, np.uint16)
    assert through(flat, Compression("jpeg2000", rate))[1].max_error_count == 0  # lossless where that fits


def test_blocks_do_not_matter_and_memory_stays_small() -> None:
    pixels = smooth(2, 1024, 400)
    whole = b"".join(strip.data for strip in compress([pixels], Compression("jpegls", strip_lines=128)))
    parts = (pixels[:, at : at + 256] for at in range(0, 1024, 256))
    assert b"".join(strip.data for strip in compress(parts, Compression("jpegls", strip_lines=128))) == whole
    tracemalloc.start()
    for _ in compress((smooth(1, 256, 2000) for _ in range(8)), Compression("aec", strip_lines=64)):
        pass
    assert tracemalloc.get_traced_memory()[1] < 40e6  # a block and its making; eight of them hold 8 MB of samples
    tracemalloc.stop()


@pytest.mark.parametrize("codec", LOSSLESS)
def test_a_hole_costs_the_strips_it_touches(codec: str) -> None:
    pixels = smooth()
    strips = [strip.data for strip in compress([pixels], Compression(codec, strip_lines=50))]
    data = bytearray(b"".join(strips))
    begin = len(b"".join(strips[:4])) + 30
    data[begin : begin + 100] = bytes(100)
    got, there = decompress(bytes(data), pixels.shape)
    want = np.ones((2, 300), bool)
    want[0, 100:150] = False  # strips go band by band: the fifth is band 0, lines 100 to 149
    assert np.array_equal(there, want)
    assert np.array_equal(got, np.where(want[:, :, None], pixels, 0))


def forged(codec: int, shape: tuple[int, int, int, int], body: bytes) -> bytes:
    head = STRIP.pack(MAGIC, codec, *shape, len(body), 0)[:-4]
    return head + struct.pack(">I", zlib.crc32(body, zlib.crc32(head))) + body


@settings(max_examples=150)
@given(
    codec=st.integers(0, 6),
    at=st.integers(0, 10**6),
    value=st.integers(0, 255),
    cut=st.integers(0, 400),
    more=st.integers(0, 3),
)
def test_lying_strips_are_holes_or_samples_of_twelve_bits(codec: int, at: int, value: int, cut: int, more: int) -> None:
    pixels = smooth(1, 32, 48)
    (strip,) = compress([pixels], Compression(CODECS[codec % 4]))
    body = bytearray(strip.data[STRIP.size :])
    for k in range(more + 1):
        body[(at * (k + 1)) % (60 if more % 2 else len(body)) % len(body)] = value
    lie = forged(codec, (0, 0, 32, 48), bytes(body[: max(len(body) - cut, 0)] if cut > 300 else body))
    got, there = decompress(lie, (1, 32, 48))
    assert there.all() or not there.any()
    assert int(got.max()) < 4096 and not got[~there].any()
    after = lie + forged(1, (0, 0, 40, 48), b"x") + forged(0, (3, 0, 1, 1), b"y") + strip.data
    got, there = decompress(after, (1, 32, 48))
    assert there.all()  # the honest one after it is found, or the lie came first and was whole


@given(data=st.binary(max_size=300))
def test_any_bytes_at_all(data: bytes) -> None:
    for one in (data, MAGIC + data, forged(2, (0, 0, 4, 4), data), forged(3, (0, 0, 4, 4), data)):
        decompress(one, (1, 4, 4))


def test_a_strip_cannot_ask_for_more_than_the_picture() -> None:
    """A codestream that announces 60,000 x 60,000 samples in a strip of 4 x 4 is not given to the decoder."""
    import imagecodecs

    small = np.zeros((4, 4), np.uint16)
    for codec, body in (
        (3, imagecodecs.jpeg2k_encode(small, codecformat="J2K")),
        (2, imagecodecs.jpegls_encode(small)),
    ):
        big = bytearray(body)
        if codec == 3:
            big[8:16] = big[24:32] = struct.pack(">II", 60_000, 60_000)
        else:
            at = big.find(b"\xff\xf7")
            big[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
        tracemalloc.start()
        _, there = decompress(forged(codec, (0, 0, 4, 4), bytes(big)), (1, 4, 4))
        assert not there.any() and tracemalloc.get_traced_memory()[1] < 1e6
        tracemalloc.stop()


@pytest.mark.parametrize(
    "bad", [{"codec": "zip"}, {"codec": "jpeg2000", "bits_per_sample": 0.0}, {"codec": "aec", "bits_per_sample": 2.0},
            {"strip_lines": 0}],
)  # fmt: skip
def test_compression_that_cannot_be_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Compression(**bad)  # type: ignore[arg-type]


def test_samples_of_more_than_twelve_bits_and_odd_blocks_are_refused() -> None:
    with pytest.raises(InputError, match="12 bits"):
        list(compress([np.full((1, 2, 2), 4096, np.uint16)], Compression()))
    with pytest.raises(InputError, match="shape"):
        list(compress([np.zeros((1, 2, 2), np.uint16), np.zeros((1, 2, 3), np.uint16)], Compression()))
