"""Sounds to ears, MIDI and plug-ins: the audio process and the rack will live here."""
