"""What a model's sounds are worth, measured: the same measures for a shipped, a trained and a taught model."""
