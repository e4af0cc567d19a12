"""Decides what the fleet pictures and when it sends: problem, looks, solver, bound, reasons, and an independent judge."""
