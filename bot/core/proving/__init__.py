"""Proving questions: what is asked of one before it may be asked of learners. Pure; evidence comes from the judge."""
