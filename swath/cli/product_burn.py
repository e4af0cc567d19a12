"""``swath product burn``, ``landslide``, ``debris`` and ``damage``: what changed between two pictures."""

from __future__ import annotations

from pathlib import Path

from swath.cli.making import (
    AreaOption,
    EventOption,
    ExcludeOption,
    ExposureOption,
    OutFolder,
    TitleOption,
    make_product,
)
from swath.cli.options import JsonOption

__all__ = ["burn", "damage", "debris", "landslide"]


def burn(
    *,
    out: OutFolder,
    optical: Path,
    before: Path,
    by: str = "dnbr",
    exclude: ExcludeOption = None,
    exposure: ExposureOption = None,
    area: AreaOption = None,
    bands: str | None = None,
    event: EventOption = None,
    title: TitleOption = None,
    json: JsonOption = False,
) -> int:
    """What has burned, how severely, and which islands were left?

    Example: swath product burn --optical after.tif --before before.tif --out out/burn

    Parameters
    ----------
    optical
        The picture from after the fire, with near and short-wave infrared.
    before
        The picture from before.
    by
        Whose classes of severity: dnbr (Key and Benson 2006) or rbr (Parks et al. 2014).
    bands
        Names of the bands of both in order, where the files do not say.
    """
    inputs = {"optical": optical, "before": before, "exclude": exclude, "exposure": exposure, "area": area}
    names = bands and bands.split(",")
    told = {"optical_bands": names, "before_bands": names, "by": by, "event": event, "title": title}
    return make_product("burn", inputs, told, out, as_json=json)


def landslide(
    *,
    out: OutFolder,
    optical: Path,
    before: Path,
    dem: Path | None = None,
    exclude: ExcludeOption = None,
    exposure: ExposureOption = None,
    area: AreaOption = None,
    bands: str | None = None,
    event: EventOption = None,
    title: TitleOption = None,
    json: JsonOption = False,
) -> int:
    """Where has ground slid?

    Example: swath product landslide --optical after.tif --before before.tif --dem heights.tif --out out/slides

    Parameters
    ----------
    optical
        The picture from after.
    before
        The picture from before.
    dem
        Heights (m): without them a cleared field cannot be told from a slide.
    bands
        Names of the bands of both in order, where the files do not say.
    """
    inputs = {
        "optical": optical, "before": before, "dem": dem, "exclude": exclude, "exposure": exposure, "area": area,
    }  # fmt: skip
    names = bands and bands.split(",")
    told = {"optical_bands": names, "before_bands": names, "event": event, "title": title}
    return make_product("landslide", inputs, told, out, as_json=json)


def debris(
    *,
    out: OutFolder,
    optical: Path,
    water: list[Path] | None = None,
    area: AreaOption = None,
    bands: str | None = None,
    event: EventOption = None,
    title: TitleOption = None,
    json: JsonOption = False,
) -> int:
    """Is there storm debris on the water?

    Example: swath product debris --optical s2.tif --out out/debris

    Parameters
    ----------
    optical
        A picture with red, near and short-wave infrared.
    water
        Where water usually is: shapes or a raster; without it, what the picture shows as water.
    bands
        Names of the bands in order, where the file does not say.
    """
    inputs = {"optical": optical, "water": water, "area": area}
    told = {"optical_bands": bands and bands.split(","), "event": event, "title": title}
    return make_product("debris", inputs, told, out, as_json=json)


def damage(
    *,
    out: OutFolder,
    optical: Path,
    before: Path,
    buildings: Path,
    area: AreaOption = None,
    event: EventOption = None,
    title: TitleOption = None,
    json: JsonOption = False,
) -> int:
    """Which buildings were damaged?

    Example: swath product damage --optical after.tif --before before.tif --buildings houses.gpkg --out out/damage

    Parameters
    ----------
    optical
        A sharp picture from after (1 m or finer).
    before
        A like picture from before.
    buildings
        Footprints: GeoJSON, GeoPackage, Shapefile, KML.
    """
    inputs = {"optical": optical, "before": before, "buildings": buildings, "area": area}
    return make_product("damage", inputs, {"event": event, "title": title}, out, as_json=json)
