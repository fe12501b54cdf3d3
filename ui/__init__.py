"""What a person touches: the command line today, the panel on top of it."""
