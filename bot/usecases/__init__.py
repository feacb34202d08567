"""What people can do, each told as the story of its part."""
