"""Google's client of Cloud Storage, and its errors as sentences."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ddsp_backend.errors import StorageError
from ddsp_backend.storage import SCHEME
from ddsp_backend.storage_errors import refused, unreachable

TIMEOUT = (10.0, 60.0)  # seconds: to be connected, and between two pieces of an answer
_PATIENCE = 20.0  # seconds in which a request that failed is tried again


@contextmanager
def connected() -> Iterator[Any]:
    """A client with the user's credentials. STORAGE_EMULATOR_HOST names another server than Google's.

    Raises:
      StorageError: the package is not installed, or there are no credentials.
    """
    try:
        from google.cloud import storage  # type: ignore[attr-defined]
    except ImportError as error:
        raise StorageError(
            "Looking into Cloud Storage needs the package google-cloud-storage, which is not installed",
            'Install it with: pip install "timbre-studio[gcs]"',
        ) from error
    with naming_cloud_errors(SCHEME):
        client = storage.Client()
    with closing(client):
        yield client


def retry() -> Any:
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(_PATIENCE)


@contextmanager
def naming_cloud_errors(where: str) -> Iterator[None]:
    """Turns what Google's libraries raise into StorageErrors about `where`."""
    import requests
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError

    try:
        yield
    except GoogleAPICallError as error:
        raise refused(int(error.code or 0), where, _words(error.message)) from error
    except RetryError as error:
        cause = error.cause
        if isinstance(cause, GoogleAPICallError):
            raise refused(int(cause.code or 0), where, _words(cause.message)) from error
        raise unreachable(_words(cause)) from error
    except (DefaultCredentialsError, RefreshError) as error:
        raise refused(401, where, _words(error)) from error
    except (TransportError, requests.RequestException, ConnectionError, TimeoutError) as error:
        raise unreachable(_words(error)) from error
    except (GoogleAuthError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine's disk
        raise refused(401, where, _words(error)) from error


def _words(error: object) -> str:
    """The first line of a message, without the address that Google's client puts before it."""
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return re.sub(r"^[A-Z]+ https?://\S+: ", "", first_line)[:200]
