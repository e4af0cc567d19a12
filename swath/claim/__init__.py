"""Public claims about pictures from space: read, tested against orbits and the Sun, judged with their doubt."""
