"""Prompts to what the networks read: tokens (B, N, D) and a mask (B, N), cached by string."""
