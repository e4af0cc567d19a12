"""The loop: reads a mission, calls the rooms in order, writes what they give. No arithmetic of its own."""

from swath.operate.evidence import Verification, verify_folder
from swath.operate.run import run_mission, summary

__all__ = ["Verification", "run_mission", "summary", "verify_folder"]
