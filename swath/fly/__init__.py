"""Space, simulated: the weather, the ground, the spacecraft, its camera and its downlink. Everything seeded."""
