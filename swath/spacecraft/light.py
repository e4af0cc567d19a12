"""How much light falls on a detector, and how far does it stand above the noise? Air, radiance, electrons.

The air is a single-scattering layer of molecules and aerosol: enough for haze that grows to the blue and towards the
horizon, skylight in shadows and dimming; gases that absorb are left out. Sources stand at each function.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.spacecraft.imager import Imager, ImagerBand

__all__ = [
    "Atmosphere",
    "AirLight",
    "air_light",
    "contrast_signal_to_noise",
    "electrons",
    "full_scale_electrons",
    "noise_electrons",
    "radiance_w_m2_sr_per_um",
]

Floats = npt.NDArray[np.float64]

PLANCK_J_S = 6.62607004e-34
LIGHT_M_S = 299792458.0
_SCALE_HEIGHT_M = 8400.0
_AEROSOL_SCALE_HEIGHT_M = 2000.0


@dataclass(frozen=True)
class Atmosphere:
    """A clear sky with haze."""

    aerosol_ratio: float = 0.12
    """optical depth of aerosol at 0.55 um: 0.05 very clear, 0.12 usual, 0.5 hazy"""
    angstrom_ratio: float = 1.3
    """exponent by which it falls with wavelength"""
    albedo_ratio: float = 0.93
    """of a single scattering by aerosol"""
    asymmetry_ratio: float = 0.65
    """of Henyey and Greenstein's phase function"""


@dataclass(frozen=True)
class AirLight:
    """What the air does in one band, along one way of the light."""

    path_reflectance: float
    """reflectance that a black ground would seem to have"""
    transmission_share: float
    """of ground reflectance that arrives: down (direct and scattered) and up"""
    direct_share: float
    """of the light on level ground, what comes straight from the Sun; the rest is skylight, also in shadows"""


def air_light(
    atmosphere: Atmosphere,
    *,
    wavelength_m: float,
    sun_elevation_deg: float,
    view_elevation_deg: float,
    scattering_deg: float,
    altitude_m: float = 0.0,
) -> AirLight:
    """What do molecules and aerosol add and take between Sun, ground and camera?

    ``scattering_deg`` is the angle between the way of the light down and the way to the camera (180: the Sun in the
    camera's back). Optical depth of molecules: Hansen and Travis, Space Sci. Rev. 16 (1974), eq. 2.30; aerosol:
    Angstrom's law; path: tau P / (4 mu_s mu_v), single scattering; diffuse transmission exp(-(0.52 tau_r + 0.16
    tau_a) / mu), Tanre et al., Appl. Opt. 18 (1979). Against 6S tables single scattering is some 10 to 20 % low in the
    blue; tests/spacecraft/test_light.py holds the limits (thin air, reciprocity), not that error.
    """
    um = wavelength_m * 1e6
    rayleigh = 0.008569 * um**-4 * (1.0 + 0.0113 * um**-2 + 0.00013 * um**-4) * np.exp(-altitude_m / _SCALE_HEIGHT_M)
    aerosol = atmosphere.aerosol_ratio * (um / 0.55) ** -atmosphere.angstrom_ratio
    aerosol *= np.exp(-max(altitude_m, 0.0) / _AEROSOL_SCALE_HEIGHT_M)
    down, up = np.sin(np.radians(sun_elevation_deg)), np.sin(np.radians(view_elevation_deg))
    cosine, g = np.cos(np.radians(scattering_deg)), atmosphere.asymmetry_ratio
    # The phase functions have mean 1 over the sphere.
    phase_r = 0.75 * (1.0 + cosine**2)
    phase_a = (1.0 - g**2) / (1.0 + g**2 - 2.0 * g * cosine) ** 1.5
    path = (rayleigh * phase_r + atmosphere.albedo_ratio * aerosol * phase_a) / (4.0 * down * up)
    lost = 0.52 * rayleigh + 0.16 * aerosol
    arriving = np.exp(-lost / down)
    return AirLight(
        path_reflectance=float(path),
        transmission_share=float(arriving * np.exp(-lost / up)),
        direct_share=float(np.exp(-(rayleigh + aerosol) / down) / arriving),
    )


def radiance_w_m2_sr_per_um(
    sun_w_m2_per_um: float, reflectance: npt.ArrayLike, *, sun_distance_ratio: float = 1.0
) -> Floats:
    """Radiance of a Lambertian surface: E reflectance / (pi d2). Give reflectance x cos(sun zenith) for a low Sun."""
    return np.asarray(reflectance, np.float64) * sun_w_m2_per_um / (np.pi * sun_distance_ratio**2)


def electrons(
    light_w_m2_sr_per_um: npt.ArrayLike,
    band: ImagerBand,
    *,
    aperture_m: float,
    obscuration_ratio: float,
    focal_length_m: float,
    detector_m: float,
    exposure_s: float,
) -> Floats:
    """How many electrons does a radiance free, all TDI stages together?

    Focal-plane irradiance L pi / (1 + 4 (f/D)2) times the open share of the aperture (Schott, Remote Sensing: the
    Image Chain Approach, 1997), photons by lambda / hc. Equal to pyBSM to 1e-12 (tests/authorities/test_pybsm.py).
    """
    falls = np.pi / (1.0 + 4.0 * (focal_length_m / aperture_m) ** 2) * (1.0 - obscuration_ratio**2)
    power_w = np.asarray(light_w_m2_sr_per_um, np.float64) * band.bandwidth_m * 1e6 * falls * detector_m**2
    per_j = band.wavelength_m / (PLANCK_J_S * LIGHT_M_S) * band.transmission_share * band.quantum_share
    return np.asarray(power_w * per_j * exposure_s * band.tdi_stages, np.float64)


def full_scale_electrons(imager: Imager, band: ImagerBand, *, line_period_s: float) -> float:
    """Electrons of the light that fills the converter, at 1 AU."""
    light = radiance_w_m2_sr_per_um(band.sun_w_m2_per_um, imager.full_scale_reflectance)
    return float(
        electrons(
            light,
            band,
            aperture_m=imager.aperture_m,
            obscuration_ratio=imager.obscuration_ratio,
            focal_length_m=imager.focal_length_m,
            detector_m=imager.pixel_pitch_m * imager.fill_ratio,
            exposure_s=line_period_s,
        )
    )


def noise_electrons(imager: Imager, band: ImagerBand, signal: npt.ArrayLike, *, line_period_s: float) -> Floats:
    """Root mean square of shot, dark, read and quantisation noise together, for ``signal`` electrons.

    variance = signal + dark current x time x stages + read2 + step2 / 12, the step being one count of the converter.
    Equal to pyBSM to 1e-12 on the same inputs (tests/authorities/test_pybsm.py); found again in flat simulated
    pictures (tests/fly/test_scanner.py).
    """
    dark = imager.dark_electrons_per_s * line_period_s * band.tdi_stages
    step = full_scale_electrons(imager, band, line_period_s=line_period_s) / (imager.top_count - imager.offset_count)
    variance = np.asarray(signal, np.float64) + dark + imager.read_electron_count**2 + step**2 / 12.0
    return np.asarray(np.sqrt(variance), np.float64)


def contrast_signal_to_noise(
    imager: Imager,
    band: ImagerBand,
    *,
    line_period_s: float,
    target_reflectance: float = 0.15,
    background_reflectance: float = 0.07,
    sun_elevation_deg: float = 90.0,
    transmission_share: float = 1.0,
    path_reflectance: float = 0.0,
) -> float:
    """Signal-to-noise of a contrast, as GIQE takes it: (target - background) / noise of the brighter of the two.

    The usual contrast is 15 % against 7 % reflectance. Light of the path adds noise, not signal.
    """
    full = full_scale_electrons(imager, band, line_period_s=line_period_s)
    down = np.sin(np.radians(sun_elevation_deg))
    seen = [
        full * (path_reflectance + transmission_share * r) * down / imager.full_scale_reflectance
        for r in (target_reflectance, background_reflectance)
    ]
    return float(abs(seen[0] - seen[1]) / noise_electrons(imager, band, max(seen), line_period_s=line_period_s))
