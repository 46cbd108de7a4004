"""The jobs that learn: one step, and the loop around it."""
