"""Cloud Storage through Google's own client: looking into buckets, copying from and to them, without TensorFlow."""
