"""Places over time: who looks next, what changed, when nobody could have seen, and what was made of it."""
