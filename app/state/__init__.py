"""What the window shows, as plain frozen data made by pure functions. No Qt."""
