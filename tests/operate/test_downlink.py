"""A picture that no contact was left for is told of, not lost in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from swath.fly.spacecraft import Deliveries, FlightLog, FlownContacts
from swath.model import Acquisitions, Contacts, Flown, Plan, Telemetry
from swath.operate.downlink import DayOfContacts


def test_a_picture_that_was_never_sent_is_a_hole(tmp_path: Path) -> None:
    flight = FlightLog(Flown.empty(), FlownContacts.empty(), Deliveries.empty(), Telemetry.empty())
    day = np.datetime64("2026-05-08", "ns")
    plan = Plan(Acquisitions.empty(), Contacts.empty(), (), 0.0, 0.0, "", "", 0, day)
    contacts = DayOfContacts((), flight, plan, {"SW-1-a": None}, tmp_path, tmp_path, loss=0.0, seed=0)
    assert contacts.holes == ["SW-1-a: no contact was left to send it"]
