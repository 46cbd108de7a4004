"""Differentiable synthesis, effects, spectra and losses: pure tensor functions and plain classes."""
