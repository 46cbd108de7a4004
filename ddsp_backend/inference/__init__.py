"""Trained models at work: loading, playing, rendering recordings of any length."""
