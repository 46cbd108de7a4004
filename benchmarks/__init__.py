"""How fast the program is, against the reference and against the machine: `python -m benchmarks`."""
