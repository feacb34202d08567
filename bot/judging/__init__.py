"""From a submission to a verdict: cells run it, the core compares."""
