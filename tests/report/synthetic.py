"""A made-up but realistic outcome: 201 orders, 4 satellites, a day of telemetry, a flood map of 800 x 600 pixels."""

from __future__ import annotations

import dataclasses
import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from swath.fly.outcomes import Outcomes
from swath.fly.spacecraft import FlownContacts
from swath.model import (
    Acquisitions,
    Estimate,
    Flown,
    Grid,
    Plan,
    Product,
    Refusal,
    Scene,
    Telemetry,
    Windows,
)
from swath.report.flown import CommandContacts, FlownDay, OrderTimes
from swath.report.outcome import Check, Comparison, Input, Links, Outcome, QuickLook, Urgent
from swath.time import seconds
from tests.report.fleet import (
    DAY,
    ORDERED,
    acquisitions,
    contacts,
    opportunities,
    requests,
    satellites,
    stations,
    telemetry,
    tracks,
)

GRID = Grid(32632, 718000.0, 4991000.0, 27.5, 800, 600)


def _landscape(rng: np.random.Generator, grid: Grid, wet: np.ndarray, cloud: np.ndarray, text: str) -> bytes:
    height, width = grid.shape
    tiles = rng.uniform(0.75, 1.15, (height // 20 + 1, width // 25 + 1)).repeat(20, 0).repeat(25, 1)[:height, :width]
    picture = np.stack([95 * tiles, 120 * tiles, 70 * tiles], -1) + rng.normal(0, 5, (height, width, 1))
    picture[wet] = (42, 62, 80)
    picture[cloud] = 225 + rng.normal(0, 6, (int(cloud.sum()), 1))
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    ImageDraw.Draw(image).text((14, 10), text, fill=(255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def flown_day(plan: Plan, log: Telemetry, eclipses: Windows) -> FlownDay:
    """The plan as it was flown: one picture late, one blurred, one lost, the others done."""
    looks, passes = plan.acquisitions, plan.contacts
    became = np.full(len(looks), "done", "U8")
    because = np.full(len(looks), "", "U60")
    became[1:4] = ("late", "blurred", "lost")
    because[1:4] = ("on the ground 95 min after the plan", "the turn settled 1.2 s after it began", "memory full")
    down = looks.on_ground.copy()
    down[1] += seconds(5700.0)
    down[3] = np.datetime64("NaT")
    started = passes.start + seconds(2.0)
    return FlownDay(
        title="Flood on the lower Po",
        start=DAY,
        stop=DAY + seconds(86400.0),
        satellites=satellites(),
        plan=plan,
        outcomes=Outcomes(looks.request, looks.id, looks.satellite, became, because, looks.on_ground, down),
        times=OrderTimes(
            looks.request, looks.request == "flood-01", looks.start - seconds(7200.0), looks.start - seconds(3600.0),
            looks.stop, down, down + seconds(1200.0),
        ),
        telemetry=log,
        foreseen=dataclasses.replace(log, battery_wh=log.battery_wh + 0.5),
        contacts=FlownContacts(
            passes.id, passes.satellite, passes.station, started, passes.stop, passes.volume_bit,
            np.full(len(passes), "done"), np.full(len(passes), ""),
        ),
        commands=CommandContacts(["SW-1"], ["svalbard"], [DAY - seconds(600.0)], [60], [61], [60]),
        eclipses=eclipses,
    )  # fmt: skip


def water(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance to the river (px), river mask, cloud mask."""
    rows, columns = np.indices(grid.shape)
    x, y = columns / grid.width, rows / grid.height
    distance = np.abs(y - 0.45 - 0.12 * np.sin(7 * x) - 0.04 * np.sin(23 * x)) * grid.height
    cloud = np.hypot(x - 0.82, (y - 0.25) * 0.9) + 0.02 * np.sin(30 * x) < 0.1
    return distance, distance < 6, cloud | (np.hypot(x - 0.2, y - 0.85) < 0.05)


def flood_product(rng: np.random.Generator) -> Product:
    distance, river, cloud = water(GRID)
    rows, columns = np.indices(GRID.shape)
    reach = 45 + 40 * np.sin(columns / 110) + 18 * np.sin(rows / 40 + columns / 55)
    likelihood = np.clip(100 / (1 + np.exp((distance - reach) / 9)) + rng.normal(0, 3, GRID.shape), 0, 100)
    likelihood = np.where(river, 2, likelihood).astype(np.uint8)
    flood = (likelihood >= 50).astype(np.uint8)
    likelihood[cloud], flood[cloud] = 255, 255
    return Product(
        "flood-01-flood",
        "flood",
        "flood-01",
        ("SIMULATED_flood-01",),
        GRID,
        {"likelihood": likelihood, "flood": flood, "unseen": cloud.astype(np.uint8)},
        {
            "flooded_km2": Estimate(41.83, "km2", 38.2, 45.9, 0.9),
            "unseen_km2": Estimate(
                3.1, "km2", because="counted; the cloud mask's own error is in the flooded area's interval"
            ),
        },
        simulated=True,
        because="51 of 400 tiles show a shore; the part under cloud is judged from its surroundings",
    )


def vegetation(rng: np.random.Generator, request: str) -> Product:
    rows = []
    for n in range(int(rng.integers(2, 7))):
        ndvi = float(np.clip(rng.normal(0.62, 0.14), 0.08, 0.93))
        rows.append(
            {
                "field": f"{request}/{n}",
                "area_m2": float(rng.uniform(2e4, 3e5)),
                "ndvi_mean": ndvi,
                "ndvi_low": ndvi - 0.03,
                "ndvi_high": ndvi + 0.03,
                "seen_share": 1.0,
            }
        )
    return Product(
        f"{request}-ndvi",
        "vegetation",
        request,
        (f"SIMULATED_{request}",),
        GRID,
        {},
        {"ndvi_mean": Estimate(0.6, "1", 0.55, 0.65)},
        tuple(rows),
        True,
    )


REFUSALS = (
    (
        "no_daylight",
        "its passes 00:12Z to 22:40Z are all too dark: the sun is 11.2 deg high at best, 20 deg are asked for",
    ),
    ("no_access", "the closest pass 08:12Z is 41.3 deg off nadir, at most 30 are allowed"),
    ("memory", "memory of SW-2 is full from 09:10Z to its next contact 10:33Z"),
    ("lost_to:flood-01", "its look 09:41Z overlaps the turn to flood-01, worth 60"),
)


@cache
def outcome() -> Outcome:
    rng = np.random.default_rng(7)
    orders, table = requests(rng), tracks()
    passes = contacts(table)
    planned = acquisitions(rng, orders, table, passes)
    chosen = planned.rows()
    urgent = next(row for row in chosen if row["request"] == "flood-01")
    missing = [r.id for r in orders if r.id not in set(planned.request.tolist())]
    refused = tuple(Refusal(id, *REFUSALS[min(n % 5, 3)]) for n, id in enumerate(missing))
    plan = Plan(
        planned,
        passes,
        refused,
        912.4,
        934.8,
        "every order at its best look, conflicts relaxed",
        "price-and-search",
        7,
        ORDERED,
    )
    log, eclipses = telemetry(planned, passes)
    scenes = tuple(
        Scene(
            f"SIMULATED_{row['request']}",
            str(row["request"]),
            str(row["id"]),
            str(row["satellite"]),
            "Svalbard",
            row["start"],
            row["stop"],
            row["on_ground"],
            GRID,
            ("blue", "green", "red", "nir"),
            np.empty((4, 0, 0), np.uint16),
            2.1,
            11.0,
            43.0,
            150.0,
            Estimate(6.3, "m", 5.1, 7.7),
            0.0,
            True,
        )
        for row in planned.rows()
    )
    _, river, cloud = water(GRID)
    flood = flood_product(rng)
    small = Grid(32632, 700000.0, 5000000.0, 5.0, 400, 400)
    fields = [s for s in scenes if s.request.startswith("field")][:3]
    nothing = np.zeros(small.shape, bool)
    mapped = urgent["on_ground"] + seconds(1200.0)
    count = len(planned)
    return Outcome(
        title="Flood on the lower Po",
        simulated=True,
        seed=7,
        command="swath run examples/flood/mission.toml --seed 7",
        versions={"swath": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "sgp4": "2.24"},
        inputs=(
            Input("mission.toml", "ab" * 32, "examples/flood"),
            Input("orders.csv", "cd" * 32, "examples/flood"),
            Input("Earth orientation", "ef" * 32, "IERS Bulletin A by astropy-iers-data"),
        ),
        start=DAY,
        stop=DAY + seconds(86400.0),
        satellites=satellites(),
        stations=stations(),
        requests=orders,
        tracks=table,
        opportunities=opportunities(rng, planned),
        passes=Windows(passes.satellite, passes.station, passes.start, passes.stop),
        eclipses=eclipses,
        first_plan=dataclasses.replace(
            plan,
            acquisitions=Acquisitions.join([planned.take(planned.request != "flood-01"), planned.take(slice(0, 1))]),
            value=873.0,
        ),
        plan=plan,
        flown=Flown(
            planned.id,
            planned.satellite,
            planned.start,
            planned.stop,
            planned.roll_deg,
            planned.pitch_deg,
            np.zeros(count),
            np.full(count, 0.01),
            np.full(count, "done"),
            np.full(count, ""),
        ),
        telemetry=log,
        links=Links(
            passes.id,
            np.full(len(passes), 41000),
            np.full(len(passes), 164),
            np.full(len(passes), 150),
            np.full(len(passes), 3.4e9),
            np.full(len(passes), 5),
            np.full(len(passes), 3),
            np.full(len(passes), 2400.0),
        ),
        scenes=scenes,
        quicklooks={
            "SIMULATED_flood-01": QuickLook(
                _landscape(rng, GRID, np.isin(flood.layers["flood"], (1,)) | river, cloud, "SIMULATED"),
                GRID,
                urgent["middle"],
                "Natural colour by SW-3, off-nadir 11 deg",
            )
        }
        | {
            s.id: QuickLook(
                _landscape(rng, small, nothing, nothing, "SIMULATED"),
                small,
                s.start,
                f"Natural colour by {s.satellite}",
            )
            for s in fields
        },
        before={
            "flood-01": QuickLook(
                _landscape(rng, GRID, river, np.zeros(GRID.shape, bool), "SIMULATED"),
                GRID,
                DAY - seconds(6 * 86400.0),
                "Archive picture, clear",
            )
        },
        products=(flood, *(vegetation(rng, r.id) for r in orders if r.kind == "field" and r.id not in missing)),
        flight=flown_day(plan, log, eclipses),
        footprints={str(urgent["id"]): ((11.7, 44.8), (12.1, 44.78), (12.13, 45.1), (11.73, 45.12))},
        urgent=(
            Urgent(
                "flood-01",
                ORDERED,
                ORDERED + seconds(60.0),
                3,
                str(urgent["id"]),
                urgent["stop"],
                urgent["on_ground"],
                mapped,
                "Svalbard",
                mapped - seconds(900.0),
                "SW-1 09:12:40Z by Svalbard",
                1.52e10,
                41000,
                164,
                "the pass 15 minutes earlier has P(clear) 0.31",
            ),
        ),
        truth=(
            Comparison("flooded area", Estimate(41.83, "km2", 38.2, 45.9, 0.9), 43.1, True),
            Comparison("mean NDVI of field-009", Estimate(0.6, "1", 0.55, 0.65), 0.66, False),
        ),
        checks=(
            Check("replay", True, "0 violations", ("188 pictures and 31 contacts judged by a second program",)),
            Check("CCSDS", True, "ok"),
            Check("STAC", True, "188/188"),
            Check("truth", True, "inside the 90 % band"),
        ),
        assumptions=(
            "A new plan takes 60 s from order to uplink.",
            "Ground processing takes 20 min from the last bit to the map.",
            "The array gives full power in sunlight whatever the attitude.",
        ),
        warnings=("elements of SW-4 are 1.3 days old at the end: expect 2.1 km along the track",),
        files=(
            "report.html",
            "answer.json",
            "orders.json",
            "opportunities.geojson",
            "plan.json",
            "plan.csv",
            "plan.czml",
            "plan.ics",
            "refused.json",
            "downlink/",
            "stac/",
            "products/",
            "evidence/",
        ),
        folder="out/demo",
        wall_s=41.0,
        cores=2,
    )


def stopped(stage: str) -> Outcome:
    """The same run, its urgent order stuck at a stage (a status of ``facts.verdict``)."""
    run = outcome()
    story = run.urgent[0]
    if stage == "mapped":
        return run
    if stage == "nothing_seen":
        flood = run.products[0]
        estimates = {
            "flooded_km2": Estimate(41.0, "km2", 0.0, 300.0),
            "unseen_km2": Estimate(300.0, "km2", because="counted"),
            "seen_share": Estimate(0.0, "1", because="counted"),
        }
        hidden = {**flood.layers, "unseen": np.ones(GRID.shape, np.uint8)}
        cloudy = dataclasses.replace(flood, layers=hidden, estimates=estimates, because="a stated reason: cloud")
        return dataclasses.replace(run, products=(cloudy, *run.products[1:]), truth=())
    never: dict[str, Any] = {"mapped": None, "because": "a stated reason"}
    if stage != "not_mapped":
        never |= {"on_ground": None, "station": ""}
    if stage in ("not_planned", "not_imaged"):
        never |= {"imaged": None}
    if stage == "not_planned":
        never |= {"accepted": None, "acquisition": ""}
    scenes = tuple(s for s in run.scenes if stage == "not_mapped" or s.acquisition != story.acquisition)
    return dataclasses.replace(
        run, urgent=(dataclasses.replace(story, **never),), scenes=scenes, products=run.products[1:], truth=()
    )
