"""Pages and their parts. A view is told a state and tells what its user wants; it opens no file and calls no job."""
