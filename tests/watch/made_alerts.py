"""An alert, made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from swath.model import Estimate
from swath.watch.records import Alert, Step, Trial

NOTICED = np.datetime64("2026-05-18T11:00:00", "ns")


def made_alert(id: str = "dam-0123456789", place: str = "dam", **changes: Any) -> Alert:
    alert = Alert(
        id=id,
        place=place,
        kind="surface",
        headline="new bare ground",
        before=np.datetime64("2026-05-08T09:10:00", "ns"),
        after=np.datetime64("2026-05-18T09:12:00", "ns"),
        noticed=NOTICED,
        ring=((32.88, 23.97), (32.884, 23.97), (32.884, 23.973), (32.88, 23.973)),
        area_m2=Estimate(52000.0, "m2", 41000.0, 64000.0),
        scenes=("S2_A", "S2_B"),
        tests=(Trial("change in four bands", 34.2, 18.1, "", True, "chi square <of> the difference"),),
        false_alarms_per_unit=1.0,
        limits=("Clouds cover 4 % of the place.",),
        steps=(Step("seen", np.datetime64("2026-05-18T09:12:00", "ns")), Step("noticed", NOTICED)),
        provenance={"swath": "1.0", "detector": {"name": "pair"}},
    )
    return replace(alert, **changes)
