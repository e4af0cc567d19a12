"""A contact in which commands go up: frames until every one is acknowledged by the control word that comes down."""

from __future__ import annotations

import numpy as np

from swath.archive.channels import channel_packets, find_recording
from swath.archive.commanding import Uplink, acquire_signal, frames_up, hear_control_word
from swath.fly.channel import Channel, lost_units
from swath.fly.commands import OnBoard, hear_frame
from swath.fly.frames import FrameCounts, PacketStream, idle_packet, in_frames
from swath.spacecraft.link_format import CHANNEL_TELEMETRY
from swath.time import seconds

__all__ = ["hold_command_contact"]

_STEP_S = 0.5
_BEACON = PacketStream(np.frombuffer(idle_packet(7), np.uint8), np.zeros(1, np.int64))
"""a telemetry frame with nothing in it but the control word"""


def hold_command_contact(
    ground: Uplink,
    space: OnBoard,
    *,
    start_s: float,
    stop_s: float,
    uplink_bit_s: float,
    epoch: np.datetime64,
    seed: int,
    uplink_loss: float = 0.0,
    downlink_loss: float = 0.0,
) -> tuple[Uplink, OnBoard]:
    """Send what waits for a satellite while a contact lasts; both ends keep what they know for the next.

    Turns of half a second: frames go up, some are lost (``uplink_loss``), a telemetry frame with the control word comes
    down, or not (``downlink_loss``). Only what is acknowledged counts as commanded. Times are seconds since ``epoch``,
    by which the satellite's clock goes.
    """
    rng = np.random.default_rng(seed)
    ground, counts = acquire_signal(ground), FrameCounts()
    for turn in range(int((stop_s - start_s) / _STEP_S)):
        now_s = start_s + turn * _STEP_S
        ground, frames = frames_up(ground, now_s, int(uplink_bit_s * _STEP_S / 8.0))
        lost = lost_units(len(frames), Channel(loss=uplink_loss), rng)
        for frame, gone in zip(frames, lost, strict=True):
            space = space if gone else hear_frame(space, frame, epoch + seconds(now_s))
        units, counts = in_frames(
            _BEACON, spacecraft_id=space.spacecraft_id, channel=CHANNEL_TELEMETRY, counts=counts,
            control=space.control_word,
        )  # fmt: skip
        if not lost_units(1, Channel(loss=downlink_loss), rng)[0]:
            recording = find_recording(units.reshape(-1))
            for heard in channel_packets(recording, CHANNEL_TELEMETRY, least_bytes=9, control=True):
                if heard.spacecraft == ground.spacecraft_id:
                    ground = hear_control_word(ground, heard.control)
        if not ground.waiting:
            break
    return ground, space
