"""Decides what the fleet pictures and when it sends: looks, solver, bound, reasons, and an independent judge."""
