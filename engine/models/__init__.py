"""The models there are, their files, and how files become networks."""
