"""Finished sounds to ears and DAW, on MIDI notes: a process of its own with nothing else in it."""
