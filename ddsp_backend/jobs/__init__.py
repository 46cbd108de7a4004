"""The one boundary: a typed spec in, a stream of events out, the same wherever the job runs."""
