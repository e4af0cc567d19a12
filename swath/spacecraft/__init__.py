"""Models of a spacecraft that access, plan, fly and archive share: what it can see, turn, store, power and send."""

from swath.spacecraft.agility import Agility, boresight, slew_s
from swath.spacecraft.optics import Optics
from swath.spacecraft.picture import PictureShape, outline_itrf_m, picture_bit, picture_shape
from swath.spacecraft.power import Power
from swath.spacecraft.sar import Radar
from swath.spacecraft.satellite import Memory, Radio, Satellite

__all__ = [
    "Agility",
    "Memory",
    "Optics",
    "PictureShape",
    "Power",
    "Radar",
    "Radio",
    "Satellite",
    "boresight",
    "outline_itrf_m",
    "picture_bit",
    "picture_shape",
    "slew_s",
]
