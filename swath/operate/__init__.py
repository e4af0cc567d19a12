"""The loop: reads a mission, calls the rooms in order, writes what they give. No arithmetic of its own."""
