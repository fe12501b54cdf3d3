"""Text to sound: no Qt, no audio device, no plug-ins."""
