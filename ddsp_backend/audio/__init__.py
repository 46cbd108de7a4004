"""Recordings in, samples out: finding, decoding, resampling, judging and writing audio files."""
