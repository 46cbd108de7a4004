"""What Cloud Storage refuses, as sentences with their cure."""

import re

from ddsp_backend.errors import StorageError

_ANSWER = re.compile(r"HTTP response code (\d{3})|libcurl code (\d+) meaning '([^']*)'")
_PLACE = re.compile(r"gs://([^/\s']+)[^\s']*")
_WORDS = re.compile(r'"message": *"((?:[^"\\]|\\.)*)"')
_QUOTA = re.compile(r"quota|rateLimit", re.IGNORECASE)
_LOG_IN = "gcloud auth application-default login"
_KEPT = "Everything saved before is intact, and the job continues from there."


def storage_error(failure: BaseException) -> StorageError | None:
    """What Cloud Storage answered TensorFlow, as a sentence with its cure; None where it is no answer of that."""
    text = str(failure)
    answer = _ANSWER.search(text)
    if answer is None:
        return None
    error = unreachable(answer[3]) if answer[2] else _told(text, int(answer[1]))
    return StorageError(error.title, f"{error.hint} {_KEPT}")


def _told(text: str, code: int) -> StorageError:
    place = _PLACE.search(text)
    words = _WORDS.search(text)
    said = words[1][:200] if words else ""
    if code == 404 and place and ("initiating an upload" in text or place[0] == f"gs://{place[1]}/"):
        return no_bucket(place[1])
    if code == 403 and _QUOTA.search(text):
        return refused(429, place[0] if place else "", said)
    return refused(code, place[0] if place else "", said)


def unreachable(reason: str) -> StorageError:
    return StorageError(
        f"Cloud Storage cannot be reached: {reason}",
        "Check the network connection. Behind a proxy, set https_proxy; if the proxy has its own "
        "certificate, set CURL_CA_BUNDLE too.",
    )


def refused(code: int, where: str, said: str = "") -> StorageError:
    """The sentence for an answer of Cloud Storage.

    Args:
      code: The HTTP status.
      where: The path that was asked for.
      said: Google's own words.
    """
    where = where or "Cloud Storage"
    said = f": {said}" if said else ""
    if code == 404:
        return StorageError(f"There is no {where}{said}", "Check its name, and that of the bucket.")
    if code == 429:
        return StorageError(
            f"Cloud Storage accepts no more requests for {where} now, or the quota is used up ({code}){said}",
            "Wait a while, or raise the quota of the bucket's project.",
        )
    if code == 401:
        return StorageError(
            f"Cloud Storage does not accept the credential for {where}: missing, expired or withdrawn ({code}){said}",
            f"On the machine that the job runs on, log in again ({_LOG_IN}), or name a key file in "
            "GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if code == 403:
        return StorageError(
            f"You have no permission for {where} ({code}){said}",
            "Ask the bucket's owner for the role Storage Object Admin, or log in with an account that has "
            f"it ({_LOG_IN}).",
        )
    if code in (413, 507):
        return StorageError(f"The bucket has no room for {where} ({code}){said}", "Free some space there.")
    return StorageError(f"Cloud Storage fails at {where} ({code}){said}", "Try again later.")


def no_bucket(bucket: str) -> StorageError:
    return StorageError(
        f"There is no bucket {bucket!r}", f"Check its name, or make it: gcloud storage buckets create gs://{bucket}"
    )
