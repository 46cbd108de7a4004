"""Where a job runs, and how its events reach the window: transports, a thread that listens, a queue."""
