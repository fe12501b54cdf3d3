"""The parts of the window, each one file; registry.py is the list of those that can be shown and hidden."""
