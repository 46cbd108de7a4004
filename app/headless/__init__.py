"""The work of the window where there is none: in a terminal, or in the background."""
