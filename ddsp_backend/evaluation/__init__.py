"""The jobs that measure a trained model and let it be heard."""
