"""The pure core: decides, and neither reads a clock nor does I/O."""
