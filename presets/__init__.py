"""Plain data that everything else speaks: recipes, sounds, files. No Qt, no torch, no device."""
