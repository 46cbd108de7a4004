"""The command lines: flags in, one job, its events as lines and a progress bar."""
