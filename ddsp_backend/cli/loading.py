"""Loads the libraries of a job without what TensorFlow says of itself meanwhile."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ddsp_backend.jobs.run import load
from ddsp_backend.jobs.spec import JobSpec

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_SHOW_EVERYTHING = "0"
# TensorFlow reads its log level only after it has said these: it is loaded first, and set up later.
_NOTICE = re.compile(rb"I0000 |WARNING: All log messages before absl::InitializeLog\(\)")
_STDERR = 2


def load_quietly(spec: JobSpec) -> None:
    """Imports what a job needs. TF_CPP_MIN_LOG_LEVEL=0 in the environment lets TensorFlow say all it has to say.

    An import that fails is left to the job, which fails of it in its own words.
    """
    if os.environ.setdefault(_LOG_LEVEL, "3") == _SHOW_EVERYTHING:
        return
    with without_notices(), suppress(Exception):
        load(spec)


@contextmanager
def without_notices() -> Iterator[None]:
    """Holds back what this process writes to stderr, and shows it in the end, without the notices of TensorFlow.

    They come from C++, which writes to the file descriptor itself.
    """
    try:
        shown = os.dup(_STDERR)
    except OSError:  # there is no stderr, and nothing to hold back
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as held, os.fdopen(shown, "wb") as stderr:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stderr.fileno(), _STDERR)
            held.seek(0)
            stderr.writelines(line for line in held if not _NOTICE.match(line))
