from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.spacecraft.imager_design import design_imager
from swath.spacecraft.light import Atmosphere, air_light, full_scale_electrons, noise_electrons
from swath.spacecraft.optics import Optics
from swath.spacecraft.sharpness import aperture_mtf, giqe5, imager_mtf, imager_niirs, relative_edge_response, tdi_mtf

OPTICS = Optics(0.65, 6.5e-6, 5000, ("blue", "green", "red", "nir"), 12, 1.2, 120.0)
PERIOD_S = 7e-4


@pytest.mark.parametrize("obscuration", [0.0, 0.2, 0.35, 0.6])
def test_diffraction_is_the_overlap_of_two_apertures_counted_point_by_point(obscuration: float) -> None:
    axis = np.linspace(-1.0, 1.0, 1601)
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y)
    annulus = ((radius <= 1.0) & (radius >= obscuration)).astype(float)
    for shift in (0, 100, 260, 480, 561, 640, 900, 1300, 1600):
        overlap = (annulus[:, shift:] * annulus[:, : annulus.shape[1] - shift]).sum() / annulus.sum()
        f = shift / 800.0 / 2.0
        ours = float(aperture_mtf(f, wavelength_m=1.0, aperture_m=1.0, obscuration_ratio=obscuration))
        assert ours == pytest.approx(overlap, abs=3e-3)  # the edge of a circle of points, 800 a radius


@given(st.floats(0.0, 0.95), st.floats(0.0, 1.2))
def test_diffraction_stays_between_nought_and_one_and_ends_at_the_cut_off(obscuration: float, part: float) -> None:
    value = float(aperture_mtf(part, wavelength_m=1.0, aperture_m=1.0, obscuration_ratio=obscuration))
    assert -1e-9 <= value <= 1.0 + 1e-12
    assert value <= (1.0 + 1e-12 if part < 1.0 else 1e-12)


def test_detector_and_smear_alone_leave_the_textbook_value_at_nyquist() -> None:
    """2/pi each: 0.405 along track before optics (imagery textbooks)."""
    imager = replace(design_imager(OPTICS, line_period_s=PERIOD_S), jitter_rad=0.0, tdi_mismatch_ratio=0.0)
    band = imager.bands[2]
    both = imager_mtf(imager, band, 0.0, 0.5) / imager_mtf(imager, band, 0.5, 0.0)
    assert both == pytest.approx(2.0 / np.pi, rel=1e-12)
    wide = replace(imager, aperture_m=100.0)
    assert imager_mtf(wide, band, 0.0, 0.5) == pytest.approx(4.0 / np.pi**2, rel=2e-3)


@given(st.integers(1, 128), st.floats(-0.05, 0.05), st.floats(0.0, 1.0))
def test_a_tdi_is_the_mean_of_turning_pointers(stages: int, mismatch: float, frequency: float) -> None:
    shift = frequency / (1.0 + mismatch) * mismatch
    pointers = np.exp(-2j * np.pi * shift * np.arange(stages)).mean()
    ours = tdi_mtf(frequency, step_rad=1.0, stages=stages, mismatch_ratio=mismatch)
    assert ours == pytest.approx(abs(pointers), abs=1e-9)


def test_the_edge_response_of_a_box_of_one_pixel_is_one() -> None:
    """An edge seen through a detector one pixel wide and nothing else rises wholly within half a pixel."""
    f = np.linspace(0.0, 400.0, 400001)
    assert relative_edge_response(np.sinc(f), f) == pytest.approx(1.0, abs=1e-3)


def test_niirs_falls_with_size_noise_and_slant() -> None:
    fine = giqe5(rer_across_ratio=0.4, rer_along_ratio=0.35, gsd_m=0.5, signal_to_noise=100, elevation_deg=80)
    halved = giqe5(rer_across_ratio=0.4, rer_along_ratio=0.35, gsd_m=1.0, signal_to_noise=100, elevation_deg=80)
    assert fine - halved == pytest.approx(3.32 * np.log10(2.0), abs=1e-12)
    assert fine > giqe5(rer_across_ratio=0.4, rer_along_ratio=0.35, gsd_m=0.5, signal_to_noise=5, elevation_deg=80)
    assert fine > giqe5(rer_across_ratio=0.4, rer_along_ratio=0.35, gsd_m=0.5, signal_to_noise=100, elevation_deg=40)
    with pytest.raises(InputError, match="no NIIRS"):
        giqe5(rer_across_ratio=0.4, rer_along_ratio=0.35, gsd_m=0.0, signal_to_noise=100, elevation_deg=40)


def test_the_designed_camera_meets_the_planners_numbers() -> None:
    imager = design_imager(OPTICS, line_period_s=PERIOD_S)
    assert imager.ifov_rad == OPTICS.ifov_rad
    for band in imager.bands:
        tenth = full_scale_electrons(imager, band, line_period_s=PERIOD_S) / 10.0
        reached = tenth / noise_electrons(imager, band, tenth, line_period_s=PERIOD_S)
        assert reached == pytest.approx(OPTICS.signal_to_noise, rel=0.01)  # dark and quantisation come on top
    # A 5 m camera of this kind is read off as NIIRS 2 to 3 (Leachtenauer and Driggers, 2001, table 2.1).
    seen = imager_niirs(imager, imager.bands[2], range_m=5e5, elevation_deg=85.0, signal_to_noise=60.0)
    assert 1.5 < seen < 3.0
    with pytest.raises(InputError, match="bands thermal"):
        design_imager(replace(OPTICS, bands=("thermal",)), line_period_s=PERIOD_S)


@given(st.floats(15, 90), st.floats(35, 90), st.floats(60, 180), st.floats(0.45e-6, 0.9e-6))
def test_air_is_reciprocal_and_thin_air_does_nothing(sun: float, view: float, angle: float, wave_m: float) -> None:
    clear = Atmosphere(aerosol_ratio=0.0)

    def look(air: Atmosphere, down: float, up: float, altitude_m: float = 0.0):  # type: ignore[no-untyped-def]
        return air_light(
            air,
            wavelength_m=wave_m,
            sun_elevation_deg=down,
            view_elevation_deg=up,
            scattering_deg=angle,
            altitude_m=altitude_m,
        )

    there, back = look(Atmosphere(), sun, view), look(Atmosphere(), view, sun)
    assert there.path_reflectance == pytest.approx(back.path_reflectance, rel=1e-12)
    assert there.transmission_share == pytest.approx(back.transmission_share, rel=1e-12)
    assert 0.0 < there.direct_share < 1.0 and 0.0 < there.transmission_share < 1.0
    space = look(clear, sun, view, 400e3)
    assert space.path_reflectance < 1e-9 and space.transmission_share > 1.0 - 1e-9 and space.direct_share > 1.0 - 1e-9


def test_haze_grows_to_the_blue_and_with_aerosol() -> None:
    def path(wave_m: float, aerosol: float) -> float:
        return air_light(
            Atmosphere(aerosol_ratio=aerosol),
            wavelength_m=wave_m,
            sun_elevation_deg=50.0,
            view_elevation_deg=85.0,
            scattering_deg=135.0,
        ).path_reflectance

    # Rayleigh's optical depth at 0.55 um is 0.097 (Hansen and Travis 1974; Bodhaine et al. 1999: 0.0974).
    assert path(0.55e-6, 0.0) == pytest.approx(
        0.097 * 0.75 * 1.5 / 4.0 / np.sin(np.radians(50)) / np.sin(np.radians(85)), rel=0.01
    )
    assert path(0.485e-6, 0.1) > path(0.66e-6, 0.1) > path(0.83e-6, 0.1)
    assert path(0.66e-6, 0.4) > path(0.66e-6, 0.1)
