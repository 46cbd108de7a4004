"""The work of the window without a window: in a terminal, or in the background."""
