"""Where a satellite is, how sure that is, and where the Sun stands."""
