"""Sounds as files that other programs open: one module a format, so that a new one touches no other.

`formats` is the table of them all, from which the command line and the window take their options.
"""
