"""Checkpoints: found, chosen, read, written, restored, and given their names in those of magenta/ddsp."""
