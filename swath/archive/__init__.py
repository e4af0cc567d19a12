"""Ground: from received bytes to scenes on the map, with measured accuracy, as files that other programs read."""
