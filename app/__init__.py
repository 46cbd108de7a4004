"""Timbre Studio's window. No tensor work, no gin: it asks for jobs and shows what they say."""
