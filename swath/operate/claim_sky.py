"""Which cloud masks and scenes are near a claim in time, and what do they show over its place?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from swath.archive.cloud_view import cloud_view, mask_time
from swath.claim.questions import cloud_reach_m
from swath.claim.records import Claim, Sky
from swath.errors import DataError, InputError
from swath.store.shelf import Query, Shelf
from swath.time import elapsed_s, seconds

__all__ = ["scenes_near", "sky_over"]

_FAR_S = 12 * 3600.0
"""a scene that is further away in time says nothing of the sky then"""
_PICTURE_KINDS = ("picture", "optical", "thermal")
_ENDINGS = (".tif", ".tiff", ".jp2", ".json", ".geojson")


def sky_over(claim: Claim, folder: Path, scenes: Sequence[Path]) -> Claim:
    """The claim with what the masks that it names, and the scenes given, show of the sky, the nearest in time first.

    Raises :class:`InputError` for a mask that the claim names and that does not say when it was; scenes without a time
    or without a word on the place are passed over.
    """
    if claim.place is None or claim.kind not in _PICTURE_KINDS:
        return claim
    found = []
    for cloud in claim.clouds:
        path = folder / cloud.name
        at = cloud.at if cloud.at is not None else mask_time(path)
        if at is None:
            raise InputError(
                f"{cloud.name} does not say when the sky was like that",
                where=f"claim {claim.id}",
                fix='Write clouds = [{ file = "...", time = "2023-11-22T00:30:00Z" }]',
            )
        found.append(_sky(claim, path, cloud.name, at))
    for path, at in _timed(scenes_near(scenes, claim)):
        if abs(float(elapsed_s(claim.moment.middle, at))) <= _FAR_S:
            one = _sky(claim, path, path.name, at)
            found += [one] if one.near_share is not None else []
    return replace(claim, sky=tuple(sorted(found, key=lambda one: abs(elapsed_s(claim.moment.middle, one.at)))))


def _sky(claim: Claim, path: Path, source: str, at: np.datetime64) -> Sky:
    place = claim.place
    assert place is not None
    reach_m = cloud_reach_m(float(elapsed_s(claim.moment.middle, at)))
    view = cloud_view(path, place, reach_m)
    return Sky(source, at, view.here_share, view.near_share, view.known_share, reach_m)


def _timed(paths: Iterable[Path]) -> Iterable[tuple[Path, np.datetime64]]:
    for path in paths:
        at = _time_of(path)
        if at is not None:
            yield path, at


@lru_cache(maxsize=100_000)
def _time_of(path: Path) -> np.datetime64 | None:
    return mask_time(path)


def scenes_near(scenes: Sequence[Path], claim: Claim | None = None) -> list[Path]:
    """The masks and items behind the paths given: files as they are, all of a folder, those of an archive near a claim.

    Raises :class:`DataError` for what is not there.
    """
    found: list[Path] = []
    for path in scenes:
        if not path.exists():
            raise DataError("there is no such scene", where=str(path), fix="Give a mask, a STAC item or an archive")
        if not path.is_dir():
            found.append(path)
        elif (path / "catalog.json").is_file():
            found += [one.path for one in Shelf(path).search(Query() if claim is None else _query(claim))]
        else:
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
    return found


def _query(claim: Claim) -> Query:
    place = claim.place
    assert place is not None
    box = (place.lon_deg, place.lat_deg, place.lon_deg, place.lat_deg)
    return Query(box, claim.moment.earliest - seconds(_FAR_S), claim.moment.latest + seconds(_FAR_S))
