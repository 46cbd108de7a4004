"""A model as one file that others open: written, checked, and taken into a library."""
