"""Small products in the forms that missions publish, written for tests.

Sentinel-2: the elements and names of the Products Specification Document (S2-PDGS-TAS-DI-PSD issue 14.9, sections 4.2
to 4.6). Sentinel-1: those of the Product Specification (S1-RS-MDA-52-7441 issue 3.7, sections 6.3 and 6.4). Only what a
reader needs, with numbers of our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
from rasterio.transform import Affine

S2_NAME = "S2B_MSIL{level}_20200518T134209_N0{baseline}_R124_T22MBA_20200518T170000"
S2_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
S2_PIXEL_M = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B01": 60, "B09": 60, "B10": 60}
WEST, NORTH = 300000.0, 9600040.0


def write_raster(
    path: Path,
    pixels: npt.NDArray[Any],
    transform: Affine | None,
    epsg: int | None = 32722,
    driver: str = "GTiff",
    **more: Any,
) -> Path:
    """Bands ``(band, row, column)`` or one ``(row, column)``."""
    import warnings

    image = pixels if pixels.ndim == 3 else pixels[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    if driver == "JP2OpenJPEG":
        more = {"QUALITY": "100", "REVERSIBLE": "YES", **more}
    place = {} if transform is None else {"transform": transform, "crs": f"EPSG:{epsg}"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path, "w", driver=driver, width=image.shape[2], height=image.shape[1], count=len(image),
            dtype=image.dtype.name, **place, **more,
        ) as file:  # fmt: skip
            file.write(image)
    return path


def s2_counts(name: str, metres: int, cells: int) -> npt.NDArray[np.uint16]:
    """Counts of a band: a ramp with a corner of no data and one saturated pixel."""
    size = cells * 60 // metres
    rng = np.random.default_rng(S2_BANDS.index(name))
    counts = (1000 + 60 * S2_BANDS.index(name) + rng.integers(0, 800, (size, size))).astype(np.uint16)
    counts[: size // 4, : size // 4] = 0
    counts[-1, -1] = 65535
    return counts


def s2_safe(
    folder: Path, *, level: str = "2A", baseline: str = "500", cells: int = 8, offset: int | None = -1000
) -> Path:
    """A SAFE folder of one tile, ``cells`` times 60 m wide; returns it."""
    name = S2_NAME.format(level=level, baseline=baseline)
    safe = folder / f"{name}.SAFE"
    images = safe / "GRANULE" / "L2A_T22MBA_A016731_20200518T134211" / "IMG_DATA"
    for band in S2_BANDS:
        if level == "2A" and band == "B10":
            continue
        metres = S2_PIXEL_M.get(band, 20)
        place = images if level == "1C" else images / f"R{metres}m"
        tail = "" if level == "1C" else f"_{metres}m"
        _jp2(place / f"T22MBA_20200518T134209_{band}{tail}.jp2", s2_counts(band, metres, cells))
        if level == "2A" and metres == 10:  # level 2A repeats every band in coarser pixels: they must not be taken
            _jp2(images / "R20m" / f"T22MBA_20200518T134209_{band}_20m.jp2", s2_counts(band, 20, cells))
    if level == "2A":
        classes = np.full((cells * 3, cells * 3), 4, np.uint8)
        classes[0], classes[1] = 0, 9
        _jp2(images / "R20m" / "T22MBA_20200518T134209_SCL_20m.jp2", classes)
    (images.parent / "MTD_TL.xml").write_text(_s2_tile(cells))
    (safe / f"MTD_MSIL{level}.xml").write_text(_s2_top(name, level, baseline, offset))
    return safe


def _jp2(path: Path, pixels: npt.NDArray[Any]) -> None:
    write_raster(path, pixels, None, driver="JP2OpenJPEG")


def _s2_top(name: str, level: str, baseline: str, offset: int | None) -> str:
    surface = level == "2A"
    lists = ""
    if offset is not None:
        tag, around = (
            ("BOA_ADD_OFFSET", "BOA_ADD_OFFSET_VALUES_LIST")
            if surface
            else ("RADIO_ADD_OFFSET", "Radiometric_Offset_List")
        )
        inner = "".join(f"<{tag} band_id='{k}'>{offset}</{tag}>" for k in range(13))
        lists = f"<{around}>{inner}</{around}>"
    quantity = (
        "<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit='none'>10000</BOA_QUANTIFICATION_VALUE>"
        "<AOT_QUANTIFICATION_VALUE unit='none'>1000.0</AOT_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>"
        if surface
        else "<QUANTIFICATION_VALUE unit='none'>10000</QUANTIFICATION_VALUE>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{level}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-{level}.xsd">
<n1:General_Info><Product_Info>
<PRODUCT_START_TIME>2020-05-18T13:42:09.024Z</PRODUCT_START_TIME>
<PRODUCT_STOP_TIME>2020-05-18T13:42:09.024Z</PRODUCT_STOP_TIME>
<PRODUCT_URI>{name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>Level-{level}</PROCESSING_LEVEL>
<PRODUCT_TYPE>S2MSI{level}</PRODUCT_TYPE>
<PROCESSING_BASELINE>{baseline[:2].zfill(2)}.{baseline[-2:]}</PROCESSING_BASELINE>
<Datatake datatakeIdentifier="GS2B_20200518T134209_016731_N02.14"><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME>
<SENSING_ORBIT_NUMBER>124</SENSING_ORBIT_NUMBER><SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION></Datatake>
</Product_Info><Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
<SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
{quantity}{lists}
</Product_Image_Characteristics></n1:General_Info>
<n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.345</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level-{level}_User_Product>
"""


def _s2_tile(cells: int) -> str:
    sizes = "".join(
        f'<Size resolution="{m}"><NROWS>{cells * 60 // m}</NROWS><NCOLS>{cells * 60 // m}</NCOLS></Size>'
        for m in (10, 20, 60)
    )
    corners = "".join(
        f'<Geoposition resolution="{m}"><ULX>{WEST:.0f}</ULX><ULY>{NORTH:.0f}</ULY><XDIM>{m}</XDIM><YDIM>-{m}</YDIM>'
        "</Geoposition>"
        for m in (10, 20, 60)
    )
    views = "".join(
        f'<Mean_Viewing_Incidence_Angle bandId="{k}"><ZENITH_ANGLE unit="deg">{z}</ZENITH_ANGLE>'
        f'<AZIMUTH_ANGLE unit="deg">{a}</AZIMUTH_ANGLE></Mean_Viewing_Incidence_Angle>'
        for k, (z, a) in enumerate([(6.0, 358.0), (8.0, 4.0)])
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd">
<n1:General_Info><TILE_ID metadataLevel="Brief">S2B_OPER_MSI_L2A_TL_VGS2_20200518T170000_A016731_T22MBA_N02.14</TILE_ID>
<SENSING_TIME metadataLevel="Standard">2020-05-18T13:42:11.456789Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief"><HORIZONTAL_CS_NAME>WGS84 / UTM zone 22S</HORIZONTAL_CS_NAME>
<HORIZONTAL_CS_CODE>EPSG:32722</HORIZONTAL_CS_CODE>{sizes}{corners}</Tile_Geocoding>
<Tile_Angles metadataLevel="Standard"><Mean_Sun_Angle><ZENITH_ANGLE unit="deg">38.25</ZENITH_ANGLE>
<AZIMUTH_ANGLE unit="deg">41.5</AZIMUTH_ANGLE></Mean_Sun_Angle>
<Mean_Viewing_Incidence_Angle_List>{views}</Mean_Viewing_Incidence_Angle_List></Tile_Angles></n1:Geometric_Info>
</n1:Level-2A_Tile_ID>
"""


@dataclass(frozen=True)
class RadarScene:
    """A radar picture in ground range with exact geometry: straight lines on the UTM map, looking right, ascending."""

    lines: int = 300
    pixels: int = 400
    spacing_m: float = 10.0
    epsg: int = 32632
    corner_m: tuple[float, float] = (600_000.0, 5_000_000.0)
    """east and north of the first pixel on the ellipsoid"""
    heading_deg: float = -13.0
    incidence_deg: tuple[float, float] = (33.0, 38.0)
    """at the first and last pixel"""
    gain: float = 400.0
    noise: float = 900.0
    azimuth_noise: tuple[float, float] = (1.0, 1.0)
    """factor of noise in the first and second half of the lines"""
    counts: dict[str, npt.NDArray[np.uint16]] = field(default_factory=dict)

    def incidence(self, pixel: npt.ArrayLike) -> npt.NDArray[np.float64]:
        low, high = self.incidence_deg
        return low + (high - low) * np.asarray(pixel, np.float64) / (self.pixels - 1)

    def directions(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """East and north of a step along (one line) and across (one pixel), metres."""
        along = np.radians(self.heading_deg)
        step = self.spacing_m
        return (np.sin(along) * step, np.cos(along) * step), (np.cos(along) * step, -np.sin(along) * step)

    def ground(
        self, line: npt.ArrayLike, pixel: npt.ArrayLike, height_m: npt.ArrayLike
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Where on the map does a pixel see the ground at a height? A higher point lies further out."""
        (ae, an), (pe, pn) = self.directions()
        line, pixel = np.asarray(line, np.float64), np.asarray(pixel, np.float64)
        out = np.asarray(height_m, np.float64) / np.tan(np.radians(self.incidence(pixel))) / self.spacing_m
        east = self.corner_m[0] + line * ae + (pixel + out) * pe
        return east, self.corner_m[1] + line * an + (pixel + out) * pn


S1_NAME = "S1A_IW_GRDH_1SDV_20200518T171542_20200518T171607_032627_03C77A_1B2C"


def s1_safe(folder: Path, scene: RadarScene, *, height_m: Any = 0.0, old_noise: bool = False) -> Path:
    """A SAFE folder of two polarisations; ``height_m(line, pixel)`` or a number is the grid's terrain."""
    safe = folder / f"{S1_NAME}.SAFE"
    for number, polarisation in enumerate(("vv", "vh"), 1):
        stem = f"s1a-iw-grd-{polarisation}-20200518t171542-20200518t171607-032627-03c77a-00{number}"
        counts = scene.counts.get(polarisation, np.full((scene.lines, scene.pixels), 100, np.uint16))
        write_raster(safe / "measurement" / f"{stem}.tiff", counts, None)
        (safe / "annotation" / "calibration").mkdir(parents=True, exist_ok=True)
        (safe / "annotation" / f"{stem}.xml").write_text(_s1_annotation(scene, polarisation, height_m))
        (safe / "annotation" / "calibration" / f"calibration-{stem}.xml").write_text(_s1_calibration(scene))
        (safe / "annotation" / "calibration" / f"noise-{stem}.xml").write_text(_s1_noise(scene, old_noise))
    (safe / "manifest.safe").write_text("<xfdu:XFDU xmlns:xfdu='urn:ccsds:schema:xfdu:1'/>")
    return safe


def _s1_annotation(scene: RadarScene, polarisation: str, height_m: Any) -> str:
    way = pyproj.Transformer.from_crs(f"EPSG:{scene.epsg}", "EPSG:4326", always_xy=True)
    points = []
    for line in np.linspace(0, scene.lines - 1, 10).round():
        for pixel in np.linspace(0, scene.pixels - 1, 21).round():
            height = float(height_m(line, pixel) if callable(height_m) else height_m)
            lon, lat = way.transform(*scene.ground(line, pixel, height))
            points.append(
                f"<geolocationGridPoint><azimuthTime>2020-05-18T17:15:42.0</azimuthTime><slantRangeTime>5.3e-03</slantRangeTime>"
                f"<line>{line:.0f}</line><pixel>{pixel:.0f}</pixel><latitude>{lat!r}</latitude><longitude>{lon!r}</longitude>"
                f"<height>{height!r}</height><incidenceAngle>{float(scene.incidence(pixel))!r}</incidenceAngle>"
                f"<elevationAngle>30.0</elevationAngle></geolocationGridPoint>"
            )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<product><adsHeader><missionId>S1A</missionId><productType>GRD</productType><polarisation>{polarisation.upper()}</polarisation>
<mode>IW</mode><swath>IW</swath><startTime>2020-05-18T17:15:42.123456</startTime><stopTime>2020-05-18T17:16:07.654321</stopTime>
<absoluteOrbitNumber>32627</absoluteOrbitNumber></adsHeader>
<generalAnnotation><productInformation><pass>Ascending</pass><platformHeading>{scene.heading_deg}</platformHeading>
<radarFrequency>5.405000454334350e+09</radarFrequency></productInformation></generalAnnotation>
<imageAnnotation><imageInformation><rangePixelSpacing>{scene.spacing_m:e}</rangePixelSpacing>
<azimuthPixelSpacing>{scene.spacing_m:e}</azimuthPixelSpacing><numberOfSamples>{scene.pixels}</numberOfSamples>
<numberOfLines>{scene.lines}</numberOfLines></imageInformation></imageAnnotation>
<geolocationGrid><geolocationGridPointList count="{len(points)}">
{"".join(points)}</geolocationGridPointList></geolocationGrid>
</product>
"""


def _words(values: npt.ArrayLike) -> str:
    return " ".join(f"{v:.6e}" for v in np.asarray(values, np.float64))


def _s1_calibration(scene: RadarScene) -> str:
    """The gain grows by a tenth from the first line to the last and by a fifth from the first pixel to the last."""
    pixels = np.append(np.arange(0, scene.pixels - 1, 40), scene.pixels - 1)
    vectors = []
    for line in (-50, 100, scene.lines + 20):
        gain = scene.gain * (1 + 0.1 * line / (scene.lines - 1)) * (1 + 0.2 * pixels / (scene.pixels - 1))
        vectors.append(
            f"<calibrationVector><azimuthTime>2020-05-18T17:15:42.0</azimuthTime><line>{line}</line>"
            f"<pixel count='{len(pixels)}'>{' '.join(map(str, pixels))}</pixel>"
            f"<sigmaNought count='{len(pixels)}'>{_words(gain)}</sigmaNought></calibrationVector>"
        )
    return f"<calibration><calibrationVectorList count='3'>{''.join(vectors)}</calibrationVectorList></calibration>"


def _s1_noise(scene: RadarScene, old: bool) -> str:
    """Noise grows by half from the first pixel to the last."""
    pixels = np.append(np.arange(0, scene.pixels - 1, 60), scene.pixels - 1)
    name, lut = ("noiseVector", "noiseLut") if old else ("noiseRangeVector", "noiseRangeLut")
    value = scene.noise * (1 + 0.5 * pixels / (scene.pixels - 1))
    vectors = "".join(
        f"<{name}><line>{line}</line><pixel count='{len(pixels)}'>{' '.join(map(str, pixels))}</pixel>"
        f"<{lut} count='{len(pixels)}'>{_words(value)}</{lut}></{name}>"
        for line in (0, scene.lines - 1)
    )
    if old:
        return f"<noise><noiseVectorList count='2'>{vectors}</noiseVectorList></noise>"
    half = scene.lines // 2
    blocks = "".join(
        f"<noiseAzimuthVector><swath>IW1</swath><firstAzimuthLine>{first}</firstAzimuthLine><firstRangeSample>0</firstRangeSample>"
        f"<lastAzimuthLine>{last}</lastAzimuthLine><lastRangeSample>{scene.pixels - 1}</lastRangeSample>"
        f"<line count='2'>{first} {last}</line><noiseAzimuthLut count='2'>{factor} {factor}</noiseAzimuthLut>"
        "</noiseAzimuthVector>"
        for (first, last), factor in zip([(0, half - 1), (half, scene.lines - 1)], scene.azimuth_noise, strict=True)
    )
    lists = f"<noiseRangeVectorList count='2'>{vectors}</noiseRangeVectorList>"
    return f"<noise>{lists}<noiseAzimuthVectorList count='2'>{blocks}</noiseAzimuthVectorList></noise>"
