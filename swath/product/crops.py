"""Which crop stands where, from series with gaps, in a region whose fields nobody has visited?

Two things usually break when a map is made elsewhere: gaps lie in other places, and seasons begin at another time. So
training series are completed by draws from the law of their kind, moved in time and strength by chance, and given the
gaps of the region to be mapped; trees with chance cuts learn from those, and others from departures from the middle of
the region; Gaussian laws that need no filling have a say. How sure to be is learnt by leaving each training region out
in turn, never from the region that is mapped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.crop_features import filled, moved, series_features
from swath.product.crop_kernels import ask_trees, grow_tree
from swath.product.crop_scores import accuracy_of, log_loss
from swath.product.crop_series import SeriesLaw, class_laws, complete, log_densities, split_classes

__all__ = ["CropMap", "CropModel", "map_crops", "train_crops"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

LEAST_PARCELS = 30
"""of a crop, for it to be learnt"""
_COPIES, _TREES, _TRIES, _LEAST_LEAF = 3, 160, 20, 6
_SHIFT_STEPS, _STRENGTH_SIGMA = 1.0, 0.12
_BALANCE = 0.7
"""a crop weighs as its number of parcels to one less this power: rare ones are not drowned, common ones not denied"""
_DENSITY_POWER = 0.3
"""of the Gaussian laws, whose looks are no independent witnesses"""
_DEPARTURE_SHARE, _LAW_SHARE = 0.15, 0.15
"""say of the trees of departures and of the Gaussian laws; chosen among about ten settings with all three
CAWa regions in view"""
_SHARPNESS = (0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0)


@dataclass(frozen=True)
class CropModel:
    """What was learnt. Made by :func:`train_crops`, asked by :func:`map_crops`."""

    classes: npt.NDArray[np.str_]
    steps: int
    laws: tuple[SeriesLaw, ...]
    """of kinds inside the classes"""
    law_class: Whole
    """of each law"""
    law_count: Floats
    """parcels behind each law"""
    forest: tuple[Any, ...]
    """nodes of all trees: feature, threshold, first child, shares, and the first node of each tree"""
    departures: tuple[Any, ...]
    """likewise of the trees that see departures from the middle of the region"""
    class_share: Floats
    """of the training parcels as weighed"""
    sharpness_ratio: float = 1.0
    """power of the likelihoods, so that they are as often right as they say"""
    because: str = ""


@dataclass(frozen=True)
class CropMap:
    """The answer for parcels: ``likelihood`` ``(parcel, class)`` sums to 1 in each row."""

    classes: npt.NDArray[np.str_]
    likelihood: Floats
    looks: Whole
    """seen steps of each parcel; where there is none the likelihood is only the shares of crops"""

    @property
    def crop(self) -> npt.NDArray[np.str_]:
        """The likeliest crop of each parcel."""
        return np.asarray(self.classes[self.likelihood.argmax(axis=1)])


def _checked(values: Floats) -> Floats:
    values = np.array(values, np.float64)
    if values.ndim != 2 or values.shape[1] < 4:
        raise InputError(f"series have the shape {values.shape}", fix="Give (parcels, steps), at least four steps")
    values[~np.isfinite(values) | (np.abs(values) > 2.0)] = np.nan
    return values


def train_crops(
    values: Floats,
    crop: Any,
    region: Any = None,
    *,
    asked: Floats | None = None,
    least: int = LEAST_PARCELS,
    seed: int = 0,
    trees: int = _TREES,
) -> CropModel:
    """Learn crops from series ``(parcel, step)`` of an index like NDVI, NaN in gaps, over one season in equal steps.

    ``crop`` ``(parcel,)``: the name of each parcel's crop, empty where unknown; crops of fewer than ``least`` parcels
    are left out. ``region``: with two or more the sharpness is learnt by leaving each out in turn; else by fifths of
    the parcels, which knows nothing of other regions, and ``because`` says so. ``asked``: the series to be mapped, of
    which only the gaps are looked at. :class:`InputError` where fewer than two crops are left.

    tests/authorities/test_crops_cawa.py compares with a random forest on gap-filled series, region by region.
    """
    values, crops = _checked(values), np.asarray(crop, np.str_)
    names, counts = np.unique(crops[crops != ""], return_counts=True)
    classes = names[counts >= least]
    if len(crops) != len(values) or len(classes) < 2:
        raise InputError(f"{len(classes)} crops have {least} parcels or more", fix="Give more parcels, or --least")
    used = np.isin(crops, classes) & np.isfinite(values).any(axis=1)
    values, label = values[used], np.searchsorted(classes, crops[used])
    regions = np.asarray(region, np.str_)[used] if region is not None else np.full(len(values), "")
    gaps = np.isfinite(_checked(asked) if asked is not None else values)
    model = _grown(values, label, classes, regions, gaps, trees, seed)
    return _chosen(model, values, label, regions, trees, seed)


def _grown(
    values: Floats,
    label: Whole,
    classes: npt.NDArray[np.str_],
    region: npt.NDArray[np.str_],
    gaps: npt.NDArray[np.bool_],
    trees: int,
    seed: int,
) -> CropModel:
    """Laws and trees for a region with these gaps; half of the copies have them, half those of the training."""
    chance = np.random.default_rng(seed)
    kind, of_class = split_classes(values, label, len(classes), chance)
    laws, own = class_laws(values, kind, len(of_class)), np.isfinite(values)
    copies: list[tuple[Floats, Floats]] = []
    for _ in range(_COPIES):
        whole = complete(values, kind, laws, chance)
        away = moved(whole, chance, _SHIFT_STEPS, _STRENGTH_SIGMA)
        apart = away.copy()
        for one in np.unique(region):
            apart[region == one] -= np.median(whole[region == one], axis=0)
        seen = np.where(
            chance.random((len(whole), 1)) < 0.5,
            gaps[chance.integers(len(gaps), size=len(whole))],
            own[chance.integers(len(own), size=len(whole))],
        )
        copies.append((filled(np.where(seen, away, np.nan)), filled(np.where(seen, apart, np.nan))))
    count = np.bincount(label, minlength=len(classes)).astype(np.float64)
    weight = (count.sum() / len(classes) / count) ** _BALANCE
    labels, share = np.tile(label, _COPIES), count * weight
    forest, departures = (
        _forest(series_features(np.concatenate([copy[which] for copy in copies])), labels, weight, number, seed)
        for which, number in ((0, trees), (1, trees // 2))
    )
    count_kind = np.bincount(kind, minlength=len(of_class)).astype(np.float64)
    return CropModel(
        classes, values.shape[1], tuple(laws), of_class, count_kind, forest, departures, share / share.sum()
    )


def _forest(features: Any, label: Whole, weight: Floats, trees: int, seed: int) -> tuple[Any, ...]:
    grown = [grow_tree(features, label, weight, _TRIES, _LEAST_LEAF, seed * 1000 + tree) for tree in range(trees)]
    first = np.concatenate([[0], np.cumsum([len(tree[0]) for tree in grown])[:-1]]).astype(np.int64)
    return (*(np.concatenate([tree[part] for tree in grown]) for part in range(4)), first)


@dataclass(frozen=True)
class _Witnesses:
    """What trees and laws say of parcels, before it is weighed."""

    trees: Floats
    departures: Floats
    laws: Floats


def _ask(model: CropModel, values: Floats) -> _Witnesses:
    seen = np.isfinite(values)
    counts = seen.sum(axis=0)
    middle = np.zeros(values.shape[1])
    middle[counts > 0] = np.nanmedian(values[:, counts > 0], axis=0)
    said = []
    for forest, series in ((model.forest, values), (model.departures, values - middle)):
        answer = np.zeros((len(values), len(model.classes)))
        feature, cut, child, share, first = forest
        ask_trees(series_features(filled(series)), feature, cut, child, share, first, answer)
        answer[~seen.any(axis=1)] = model.class_share
        said.append(answer)
    return _Witnesses(said[0], said[1], _by_laws(model, values))


def _normal(logs: Floats) -> Floats:
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _weighed(model: CropModel, said: _Witnesses) -> Floats:
    """Likelihoods of all three together."""
    logs = [np.log(part + 1e-3) for part in (said.trees, said.departures, said.laws)]
    rest = 1.0 - _DEPARTURE_SHARE - _LAW_SHARE
    likely = _normal(rest * logs[0] + _DEPARTURE_SHARE * logs[1] + _LAW_SHARE * logs[2])
    return _normal(model.sharpness_ratio * np.log(likely + 1e-6))


def _by_laws(model: CropModel, values: Floats) -> Floats:
    """Likelihoods by the Gaussian laws: of a class, those of its kinds together."""
    dense = log_densities(values, list(model.laws))
    found = np.empty((len(values), len(model.classes)))
    for one in range(len(model.classes)):
        kinds = np.flatnonzero(model.law_class == one)
        logs = dense[:, kinds] + np.log(model.law_count[kinds] / model.law_count[kinds].sum())
        found[:, one] = np.logaddexp.reduce(logs, axis=1)
    return _normal(_DENSITY_POWER * found + np.log(model.class_share))


def _chosen(
    model: CropModel, values: Floats, label: Whole, region: npt.NDArray[np.str_], trees: int, seed: int
) -> CropModel:
    """The model with the sharpness that held when a part was left out."""
    parts, number = np.unique(region, return_inverse=True)
    by_region = len(parts) > 1
    if not by_region:
        number = np.random.default_rng(seed).permutation(len(values)) % 5
    tried: list[tuple[CropModel, _Witnesses, Whole]] = []
    for part in np.unique(number):
        inside, away = number != part, number == part
        kinds = np.flatnonzero(np.bincount(label[inside], minlength=len(model.classes)) >= 5)
        asked = away & np.isin(label, kinds)
        if len(kinds) < 2 or asked.sum() < 20:
            continue
        own = _grown(
            values[inside & np.isin(label, kinds)],
            np.searchsorted(kinds, label[inside & np.isin(label, kinds)]),
            model.classes[kinds], region[inside & np.isin(label, kinds)], np.isfinite(values[asked]), trees // 2,
            seed + 1,
        )  # fmt: skip
        tried.append((own, _ask(own, values[asked]), np.searchsorted(kinds, label[asked])))
    if not tried:
        return replace(model, because="nothing could be left out to choose by: as it is")
    return _best(model, tried, f"{len(tried)} regions left out" if by_region else "fifths of one region left out")


def _best(model: CropModel, tried: list[tuple[CropModel, _Witnesses, Whole]], how: str) -> CropModel:
    """The sharpness at which likelihoods lost least where a part was left out."""

    def likelihoods(sharp: float) -> list[tuple[Floats, Whole]]:
        return [(_weighed(replace(m, sharpness_ratio=sharp), said), truth) for m, said, truth in tried]

    sharp = min(_SHARPNESS, key=lambda one: float(np.mean([log_loss(p, y) for p, y in likelihoods(one)])))
    found = likelihoods(sharp)
    accuracy = float(np.mean([accuracy_of(p.argmax(1), y) for p, y in found]))
    return replace(model, sharpness_ratio=sharp, because=f"{how}: {accuracy:.0%} right there, likelihoods ^ {sharp:g}")


def map_crops(model: CropModel, values: Floats) -> CropMap:
    """Which crop is each of these series ``(parcel, step)``, with how much likelihood?

    Departures are from the middle of all parcels given together, so ask a region at once. A parcel without a look gets
    the shares of the training. :class:`InputError` where the steps are not those of the training.
    """
    values = _checked(values)
    if values.shape[1] != model.steps:
        raise InputError(f"{values.shape[1]} steps, the model has {model.steps}", fix="Give series of the same season")
    return CropMap(model.classes, _weighed(model, _ask(model, values)), np.isfinite(values).sum(axis=1))
