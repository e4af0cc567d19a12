"""``swath product flood``: the flood as cameras and radar see it, what it reached, and maps to print."""

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

__all__ = ["flood"]


def flood(
    *,
    out: OutFolder,
    optical: Path | None = None,
    radar: Path | None = None,
    before: list[Path] | None = None,
    water: list[Path] | None = None,
    exclude: ExcludeOption = None,
    dem: Path | None = None,
    exposure: ExposureOption = None,
    area: AreaOption = None,
    bands: str | None = None,
    radar_bands: str | None = None,
    before_bands: str | None = None,
    incidence_deg: float | None = None,
    look_azimuth_deg: float | None = None,
    event: EventOption = None,
    run: Path | None = None,
    title: TitleOption = None,
    json: JsonOption = False,
) -> int:
    """What is flooded, how likely, what could not be seen, and what did it reach?

    Example: swath product flood --optical s2.tif --radar s1.tif --water lakes.gpkg --exposure roads.gpkg --out out/f

    Parameters
    ----------
    optical
        A camera's picture: GeoTIFF, JPEG 2000 or its STAC item. Short-wave infrared makes it much better.
    radar
        A radar picture, VV and VH (dB, power or amplitude).
    before
        Pictures from before the flood, of either kind: what was water then is no flood.
    water
        Normal water: shapes, or a raster of 0 to 1 or percent.
    dem
        Heights (m): no water on slopes; with the two angles also what the radar does not see.
    bands
        Names of the camera's bands in order, where the file does not say: blue,green,red,nir,swir16,swir22; - for
        others.
    radar_bands
        Likewise of the radar: vv,vh.
    before_bands
        Likewise of the pictures from before.
    incidence_deg
        Of the radar, against the vertical.
    look_azimuth_deg
        Direction in which the radar looks, clockwise from north.
    run
        A folder of swath run, for the clock: when it was ordered, tasked, imaged, down.
    """
    inputs = {
        "optical": optical, "radar": radar, "before": before, "water": water, "exclude": exclude, "dem": dem,
        "exposure": exposure, "area": area, "run": run,
    }  # fmt: skip
    parameters = {
        "optical_bands": bands and bands.split(","), "radar_bands": radar_bands and radar_bands.split(","),
        "before_bands": before_bands and before_bands.split(","), "incidence_deg": incidence_deg,
        "look_azimuth_deg": look_azimuth_deg, "event": event, "title": title,
    }  # fmt: skip
    return make_product("flood", inputs, parameters, out, as_json=json)
