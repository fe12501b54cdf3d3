"""Sounds with captions: made by procedures, or read from a folder."""
