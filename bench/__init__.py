"""Timings, as figures to read side by side; never tests."""
