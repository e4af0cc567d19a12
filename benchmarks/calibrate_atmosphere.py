"""Where do the losses in catalog/atmosphere.toml come from? Run this to work them out again (needs the extra radio).

    python benchmarks/calibrate_atmosphere.py > swath/spacecraft/catalog/atmosphere.toml

One table for each station of the catalogue, at 8.2 GHz, by ITU-R P.618-13; about a minute.
"""

from __future__ import annotations

from swath.model import Station
from swath.spacecraft.atmosphere import AVAILABLE_SHARES, ELEVATIONS_DEG, computed_atmosphere
from swath.spacecraft.catalog import stations

__all__ = ["main"]

FREQUENCY_HZ = 8.2e9


def main() -> None:
    """Print the file."""
    print("# Loss of the air (dB) over the stations of stations.toml. Rows: elevation", *ELEVATIONS_DEG, "deg;")
    print("# columns: not exceeded in a share of", *AVAILABLE_SHARES, "of an average year.")
    print("# Made by benchmarks/calibrate_atmosphere.py.")
    for facts in stations():
        if facts.lon_deg is None or facts.lat_deg is None:
            continue  # nobody said where it stands
        place = Station(facts.id, facts.lon_deg, facts.lat_deg, 0.0, 5.0, 0.0)
        air = computed_atmosphere(place, FREQUENCY_HZ)
        print(
            f"\n[{facts.id}]\nlon_deg = {place.lon_deg}\nlat_deg = {place.lat_deg}\nfrequency_hz = {FREQUENCY_HZ:.1f}"
        )
        print(f'source = "{air.source}"\nlosses_db = [')
        for row in air.losses_db:
            print(f"    [{', '.join(f'{loss:.3f}' for loss in row)}],")
        print("]")


if __name__ == "__main__":
    main()
