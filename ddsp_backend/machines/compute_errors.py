"""What Google says when it does not do what was asked, as sentences with a cause and a cure."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from ddsp_backend.errors import RemoteError
from ddsp_backend.machines.book import UnsureError
from ddsp_backend.machines.kinds import kind_of

SIGN_IN = (
    "Install the Google Cloud CLI (cloud.google.com/sdk) and run: gcloud auth application-default login. "
    "Google's program keeps the login; Timbre Studio does not store it."
)
_LONGEST = 300  # characters of Google's own words


@contextmanager
def naming_compute_errors(project: str, zone: str = "", kind: str = "") -> Iterator[None]:
    """Turns the errors of Google's libraries into ours. The place and the kind of machine are what was asked for."""
    try:
        yield
    except auth.DefaultCredentialsError as error:
        raise RemoteError("This computer is not signed in to Google Cloud", SIGN_IN) from error
    except (auth.RefreshError, api.Unauthorized) as error:
        raise RemoteError("The credentials for Google Cloud have expired or were withdrawn", SIGN_IN) from error
    except (auth.TransportError, requests.RequestException, api.RetryError) as error:
        raise UnsureError("Google Cloud does not answer", "Check the internet connection.") from error
    except auth.GoogleAuthError as error:
        raise RemoteError(f"The credentials for Google Cloud cannot be used: {_short(str(error))}", SIGN_IN) from error
    except api.GoogleAPICallError as error:
        reasons = " ".join(str(each.get("reason", "")) for each in error.errors if isinstance(each, dict))
        message = re.sub(r"^[A-Z]+ https?://\S+: ", "", error.message)  # the address holds the words that we look for
        raise compute_error(error.code or 0, f"{error.reason or ''} {reasons}", message, project, zone, kind) from error


def compute_error(status: int, code: str, message: str, project: str, zone: str = "", kind: str = "") -> RemoteError:
    """The error for an answer of Compute Engine.

    Args:
      status: Of HTTP; 0 for the error of an operation.
      code: One or several of Google's words for it, such as quotaExceeded.
      message: Its sentence.
    """
    said = f"{code} {message}"
    types = [kind_of(kind).machine_type] if kind else []
    machine = types[0] if types else "the machine"
    where = f" in {zone}" if zone else ""
    if _says(said, "SERVICE_DISABLED", "accessNotConfigured", "has not been used in project"):
        return RemoteError(
            f"The Compute Engine API is not enabled in the project {project}",
            f"Enable it at console.cloud.google.com/apis/library/compute.googleapis.com?project={project}, "
            "wait a minute, and try again.",
        )
    if _says(said, "billing"):
        return RemoteError(
            f"The project {project} has no billing account: {_short(message)}",
            f"Link one at console.cloud.google.com/billing/linkedaccount?project={project}.",
        )
    if _says(said, "quota"):
        return RemoteError(
            f"The quota of the project {project} does not allow {machine}{where}: {_short(message)}",
            f"Ask for more at console.cloud.google.com/iam-admin/quotas?project={project}, or choose another zone. "
            "Quotas of the Cloud TPU API do not count for Compute Engine.",
        )
    if _says(said, "ZONE_RESOURCE_POOL_EXHAUSTED", "STOCKOUT", "does not have enough resources"):
        return RemoteError(f"Google has no {machine} free{where} now", "Try another zone, or the same one later.")
    if _says(said, "constraints/"):
        return RemoteError(
            f"A rule of your organization forbids this machine: {_short(message)}",
            "Ask the administrator of your Google Cloud organization.",
        )
    if status == 403:
        return RemoteError(
            f"You have no permission for this in the project {project}: {_short(message)}",
            "Check that it is the right project. Its owner can give you the role Compute Instance Admin (v1).",
        )
    if status in (0, 400, 404) and _says(said, "machineType", "acceleratorType", "diskType"):
        hint = f"Choose a zone that does, such as {', '.join(kind_of(kind).zones)}." if kind else "Choose another zone."
        return RemoteError(f"{zone or 'This zone'} does not offer {machine}", hint)
    if status in (400, 404) and _says(said, "/images/", "sourceImage"):
        return RemoteError(
            f"Google no longer has the image that {machine} would start from: {_short(message)}",
            "Update Timbre Studio: a newer version uses a newer image.",
        )
    if status in (400, 404) and _says(said, "network"):
        return RemoteError(
            f"The project {project} has no network called default: {_short(message)}",
            f"Make one at console.cloud.google.com/networking/networks/list?project={project}, with ssh let through.",
        )
    if status in (400, 404) and _says(said, "zone"):
        return RemoteError(
            f"There is no zone {zone!r} in Google Cloud", "A zone is called us-central1-a or europe-west4-b."
        )
    if status in (400, 404) and _says(said, "project"):
        return RemoteError(
            f"There is no project {project!r} that you can use", "Give its ID, which need not be its name."
        )
    if status >= 500:
        return UnsureError(f"Google Cloud has a problem of its own: {_short(message)}", "Try again in a few minutes.")
    return RemoteError(f"Google Cloud refused: {_short(message)}", "Google's message above says what to change.")


def _says(text: str, *words: str) -> bool:
    return any(word.lower() in text.lower() for word in words)


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
