"""Sounds as files that other programs open: one module a format, so that a new one touches no other."""
