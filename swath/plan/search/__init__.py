"""Improves a plan: takes a part out and puts it back better, over and over."""
