"""A small trainer for the tests of this folder."""

from tests.small_trainer import batches, make_trainer

__all__ = ["batches", "make_trainer"]
