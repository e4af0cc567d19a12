"""Paths of nodes under common rows: plans with a certified bound, whatever the nodes stand for."""
