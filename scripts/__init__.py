"""What the Makefile runs: set-up, the image, a Docker engine where there is none. Standard library only."""
