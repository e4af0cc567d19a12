"""How good is a crop map? Accuracy, F1, and whether likelihoods are as often right as they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["accuracy_of", "expected_calibration_error", "log_loss", "macro_f1"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.generic]


def accuracy_of(found: Labels, truth: Labels) -> float:
    """Share of parcels that are right (overall accuracy)."""
    return float(np.mean(found == truth))


def macro_f1(found: Labels, truth: Labels) -> float:
    """Mean over the classes that the truth has of 2 hits / (found + true): rare crops count as much as common ones."""
    scores = []
    for kind in np.unique(truth):
        hits = float(np.sum((found == kind) & (truth == kind)))
        scores.append(2.0 * hits / (float(np.sum(found == kind)) + float(np.sum(truth == kind))))
    return float(np.mean(scores))


def log_loss(likelihood: Floats, truth: npt.NDArray[np.int64]) -> float:
    """Mean of -log of the likelihood given to the true class; lower is better."""
    return float(-np.mean(np.log(np.maximum(likelihood[np.arange(len(truth)), truth], 1e-6))))


def expected_calibration_error(likelihood: Floats, right: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """By how much is the likelihood of the chosen class off the share of such parcels that are right, on the mean?

    Ten bins of equal width, weighted by their parcels (Guo et al. 2017, On Calibration of Modern Neural Networks).
    """
    place = np.minimum((likelihood * bins).astype(np.int64), bins - 1)
    error = 0.0
    for one in range(bins):
        here = place == one
        if here.any():
            error += float(here.mean()) * abs(float(right[here].mean()) - float(likelihood[here].mean()))
    return error
