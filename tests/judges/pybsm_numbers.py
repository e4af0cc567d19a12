"""Numbers of pyBSM (Kitware, Apache-2.0) on given inputs, as JSON. Runs where pyBSM is, outside swath's environment:
``python tests/judges/pybsm_numbers.py < cases.json``. It imports nothing of swath."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from importlib.metadata import version
from typing import Any

import numpy as np
import pybsm
from pybsm import radiance
from pybsm.metrics import functional as metrics
from pybsm.otf import functional as otf
from pybsm.simulation import Sensor


def plane(values: list[float]) -> np.ndarray:
    return np.array(values, np.float64)[None, :]


def transfer(case: dict[str, Any]) -> dict[str, list[float]]:
    u, nought = plane(case["frequency_per_rad"]), np.zeros((1, len(case["frequency_per_rad"])))
    aperture = otf.circular_aperture_OTF(u, nought, case["wavelength_m"], case["aperture_m"], case["obscuration"])
    detector = otf.detector_OTF(u, nought, case["detector_m"], case["detector_m"], case["focal_length_m"])
    drift = otf.drift_OTF(u, nought, case["motion_rad"], 0.0)
    jitter = otf.jitter_OTF(u, nought, case["jitter_rad"], 0.0)
    tdi = otf.tdi_OTF(
        u_or_v=u,
        w=case["detector_m"],
        n_tdi=case["stages"],
        phases_n=1,
        beta=case["beta"],
        f=case["focal_length_m"],
    )
    parts = {"aperture": aperture, "detector": detector, "drift": drift, "jitter": jitter, "tdi": np.abs(tdi)}
    return {name: np.asarray(value).ravel().tolist() for name, value in parts.items()}


def signal(case: dict[str, Any]) -> dict[str, float]:
    waves = np.linspace(
        case["wavelength_m"] - case["bandwidth_m"] / 2, case["wavelength_m"] + case["bandwidth_m"] / 2, 41
    )
    sensor = Sensor(
        name="judge",
        D=case["aperture_m"],
        f=case["focal_length_m"],
        p_x=case["detector_m"],
        opt_trans_wavelengths=waves,
        eta=case["obscuration"],
        w_x=case["detector_m"],
        w_y=case["detector_m"],
        int_time=case["exposure_s"],
        qe=np.full(41, case["quantum"]),
        qe_wavelengths=waves,
        dark_current=case["dark_per_s"],
        read_noise=case["read"],
        max_n=case["range_electrons"],
        max_well_fill=1.0e6,
        bit_depth=np.log2(case["steps"] + 1.0),
        n_tdi=case["stages"],
        optics_temperature=1.0,
        cold_shield_temperature=1.0,
        cold_filter_temperature=1.0,
    )
    sensor.optics_transmission = np.full(41, case["transmission"])
    with np.errstate(over="ignore"):
        found = radiance.photon_detector_SNR(
            sensor=sensor,
            radiance_wavelengths=waves,
            target_radiance=np.full(41, case["target_w_m2_sr_per_um"] * 1e6),
            background_radiance=np.full(41, case["background_w_m2_sr_per_um"] * 1e6),
        )
    return {
        "target_electrons": float(found.tgt_n),
        "noise_electrons": float(found.total_noise),
        "signal_to_noise": float(found.snr),
    }


def edge(case: dict[str, Any]) -> float:
    return float(
        metrics.relative_edge_response(mtf_slice=np.array(case["mtf"]), df=case["df_per_rad"], ifov=case["ifov_rad"])
    )


def niirs(case: dict[str, float]) -> float:
    value, _, _ = metrics.giqe5(
        rer_1=case["rer_1"],
        rer_2=case["rer_2"],
        gsd=case["gsd_m"],
        snr=case["snr"],
        elev_angle=np.radians(case["elevation_deg"]),
    )
    return float(value)


def main() -> None:
    cases = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        answer = {
            "version": version("pybsm"),
            "transfer": [transfer(case) for case in cases["transfer"]],
            "signal": [signal(case) for case in cases["signal"]],
            "edge": [edge(case) for case in cases["edge"]],
            "niirs": [niirs(case) for case in cases["niirs"]],
        }
    assert pybsm.__doc__
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
