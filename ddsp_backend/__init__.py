"""The DDSP training system behind Timbre Studio. Importing it loads neither TensorFlow nor Qt."""

__version__ = "0.1.0"
