"""What the judge of plans looks at, part by part; of ``swath.plan`` it knows only ``problem.py``."""
