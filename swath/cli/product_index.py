"""``swath product index`` and ``indices``: spectral indices by name, from file to file."""

from __future__ import annotations

import textwrap
from pathlib import Path

from swath.cli.archive_derive import ArchiveOption, BandsOption, OutOption, PictureOption, TimeOption, said, tell, words
from swath.cli.options import JsonOption
from swath.cli.progress import progress_bar
from swath.errors import InputError

__all__ = ["index", "indices"]


def index(
    picture: PictureOption,
    /,
    *,
    index: str,
    out: OutOption,
    clouds: str = "none",
    archive: ArchiveOption = Path("archive"),
    time: TimeOption = None,
    bands: BandsOption = None,
    json: JsonOption = False,
) -> int:
    """Spectral indices of a picture, pixel by pixel, of any size.

    Example: swath product index S2B_T22MBA_20200518 --index ndvi,ndmi --out out/ndvi

    Normalised differences are whole numbers x 10000 (the item says so), others real numbers.

    Parameters
    ----------
    index
        Names, with commas: swath product indices lists them.
    clouds
        none; auto for the picture's own classes or our rules; or a plug-in's name.
    """
    from swath.cli.orbits import now
    from swath.operate.derive import derive

    names = words(index)
    if not names:
        raise InputError("no index is named", where="--index", fix="Give ndvi, or others of swath product indices")
    parameters = {"indices": list(names), "clouds": clouds, **said(time, bands)}
    with progress_bar("product index") as progress:
        made = derive("index", [picture], out, now(), parameters, archive=archive, progress=progress)
    rows = []
    for key, asset in made.item["assets"].items():
        found = asset["bands"][0]["swath:quality"]
        mean = found.get("mean")
        shown = "nothing seen" if mean is None else f"mean {mean:.3f}, sd {found['sd']:.3f}"
        rows.append((key, f"{shown}, {100 * found['valid_share']:.1f} % of pixels"))
    return tell(made, rows, json)


def indices(*, json: JsonOption = False) -> int:
    """Which indices are there, of which bands, by which formula, after whom?

    Example: swath product indices

    """
    from swath.product.indices import INDICES

    if json:
        import json as to_json

        keys = ("name", "question", "formula", "source")
        rows = [{**{key: getattr(one, key) for key in keys}, "bands": list(one.bands)} for one in INDICES.values()]
        print(to_json.dumps({"indices": rows}, indent=2))
        return 0
    for one in INDICES.values():
        for text in (f"{one.name:<9} {one.question}", f"{'':<9} {one.formula}", f"{'':<9} {one.source}"):
            print("\n".join(textwrap.wrap(text, 80, subsequent_indent=" " * 10, drop_whitespace=True) or [text]))
    return 0
