"""Drone surveys as a follow-up: which lines to fly over a place, at what height and speed, in how many batteries."""
