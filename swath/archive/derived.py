"""What is made of pictures and is a picture again: how its makers open what they are given and write what they make.

``inputs`` of such a maker: ``picture_01``, ``picture_02``, ... (each a product's files, the one it begins with first),
``reference`` where there is one. ``parameters``: ``id`` of the result; ``time``, ``bands`` of files that do not say it
themselves (:class:`outside.Hints`); and the maker's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.cog_stream import write_asset
from swath.archive.outside import Hints, OutsideAsset, OutsideScene
from swath.archive.outside_item import outside_item
from swath.archive.scene_maker import reader_of, safe_id
from swath.archive.stac_check import problems
from swath.errors import DataError, InputError
from swath.model import SIMULATED
from swath.store.folder import write_json
from swath.store.lineage import Recipe

__all__ = ["Progress", "band_asset", "data_assets", "open_picture", "pictures_of", "write_derived"]

Progress = Callable[[str, float], None]


def pictures_of(recipe: Recipe, scratch: Path) -> list[OutsideScene]:
    """The pictures a recipe names, in its order. Raises what their readers raise; :class:`InputError` for none."""
    roles = sorted(role for role, paths in recipe.inputs.items() if role.startswith("picture_") and paths)
    if not roles:
        raise InputError("no picture is given", where=recipe.maker, fix="Name at least one")
    return [open_picture(recipe.inputs[role][0], scratch / role, recipe.parameters) for role in roles]


def open_picture(entry: Path, scratch: Path, parameters: Mapping[str, Any]) -> OutsideScene:
    """What a reader finds in a product; no pixels are read. :class:`DataError` where no reader knows it."""
    reader = reader_of(entry)
    if reader is None:
        raise DataError("no reader knows it", where=str(entry), fix="Give a picture, an item, or a product's folder")
    scratch.mkdir(parents=True, exist_ok=True)
    hints = Hints(time=str(parameters.get("time") or ""), bands=tuple(parameters.get("bands") or ()))
    return reader.read(entry, scratch, hints)


def data_assets(scene: OutsideScene) -> list[OutsideAsset]:
    """The assets that hold measurements, no classes. :class:`DataError` for none."""
    found = [asset for asset in scene.assets if not asset.categorical and "data" in asset.roles]
    if not found:
        raise DataError("it holds no picture", where=scene.id, fix="Give one with bands")
    return found


def band_asset(scene: OutsideScene, name: str) -> tuple[OutsideAsset, int]:
    """The asset that holds a band, by its own or its common name, and the band's number from 0; finest pixels first."""
    found = [
        (asset, number)
        for asset in data_assets(scene)
        for number, band in enumerate(asset.bands)
        if name.lower() in (band.name.lower(), band.common_name)
    ]
    if not found:
        known = [band.common_name or band.name for asset in data_assets(scene) for band in asset.bands]
        raise InputError(f"no band is called {name!r}", where=scene.id, fix=f"It has {', '.join(known)}")
    return max(found, key=lambda one: one[0].width)


def write_derived(
    like: Sequence[OutsideScene],
    assets: Sequence[OutsideAsset],
    recipe: Recipe,
    out: Path,
    progress: Progress,
    *,
    collection: str,
    properties: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> OutsideScene:
    """Write assets and their item into ``out``: taken when the pictures were, simulated if any of them is.

    Raises what :func:`cog_stream.write_asset` raises, and :class:`DataError` where the finished item is not sound.
    """
    simulated = any(scene.simulated for scene in like)
    id = safe_id(str(recipe.parameters.get("id") or like[0].id))
    mark = f"_{SIMULATED}" if simulated and SIMULATED not in id else ""
    written = []
    for number, asset in enumerate(assets):
        told = partial(_told, progress, asset.key, number, len(assets))
        written.append(write_asset(out / f"{id}_{safe_id(asset.key)}{mark}.tif", asset, progress=told))
    platforms = list(dict.fromkeys(scene.platform for scene in like))
    alone = like[0] if len(like) == 1 else None
    scene = OutsideScene(
        id=id,
        collection=safe_id(collection),
        start=min((scene.start for scene in like), key=lambda at: at.astype(np.int64)),
        stop=max((scene.stop for scene in like), key=lambda at: at.astype(np.int64)),
        assets=tuple(one.asset for one in written),
        platform=platforms[0] if len(platforms) == 1 else "several",
        instruments=alone.instruments if alone else (),
        constellation=alone.constellation if alone else "",
        properties={**(alone.properties if alone else {}), **properties},
        simulated=simulated,
        notes=tuple(dict.fromkeys([*(note for one in like for note in one.notes), *notes])),
    )
    item = outside_item(scene, written, out, id=id, created=recipe.made)
    write_json(out / f"{id}.json", item)
    wrong = problems(item, out, checksums=False)
    if wrong:
        raise DataError(f"the item is not sound: {'; '.join(wrong[:3])}", where=id, fix="Tell the developers")
    return replace(scene, id=id)


def _told(progress: Progress, key: str, number: int, count: int, share: float) -> None:
    progress(key[:12], (number + share) / count)
