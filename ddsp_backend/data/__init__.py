"""Data sets: features, preparation, TFRecord files and the providers that read them."""
