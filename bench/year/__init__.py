"""A year of three communities in different zones: the real use cases on a real SQLite file, and a clock that is turned.

``python -m bench.year`` lives through it and prints the recap that is kept as docs/a-year.md.
"""
