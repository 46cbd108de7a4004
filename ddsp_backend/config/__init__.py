"""The edge where gin files become objects. Nothing below this package knows gin."""
