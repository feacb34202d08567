"""Runs strangers' torch code and reports values; usable alone, never a judge."""
