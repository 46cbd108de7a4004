"""What trainings and evaluations report: clips, their phrases and pictures, held-out losses, curves for TensorBoard."""
