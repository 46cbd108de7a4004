"""Limits that the specs of several jobs share, and the refusal of what lies outside them."""

from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.tracker_table import CREPE_CAPACITIES, TRACKERS
from ddsp_backend.storage import is_bucket_path


def require(claim: bool, name: str, value: object, limit: str) -> None:
    """Refuse `value` of the setting `name`, saying its limit, unless the claim holds.

    Raises:
        ConfigError: The claim does not hold.
    """
    if not claim:
        raise ConfigError(f"{name}={value!r} cannot be used", f"It must be {limit}.")


def require_text(name: str, value: object) -> None:
    """Refuse what is no text, is empty, or could not be a path.

    Raises:
        ConfigError: It is one of these.
    """
    require(isinstance(value, str) and bool(value) and "\0" not in value, name, value, "a non-empty text")


def require_modules(name: str, modules: tuple[str, ...]) -> None:
    """Refuse what is not the name of a Python module.

    Raises:
        ConfigError: One of them is not.
    """
    for module in modules:
        is_name = all(part.isidentifier() for part in module.split("."))
        require(is_name, name, module, "a module's name, such as my_layers or my_package.layers")


def require_here(name: str, path: str) -> None:
    """Refuse a path of a bucket.

    Raises:
        ConfigError: It is one.
    """
    require(
        not is_bucket_path(path), name, path, "a path of this machine: copy what is in the bucket here, or there later"
    )


def require_tracker(tracker: str, crepe_capacity: str) -> None:
    """Refuse a pitch tracker, or a size of CREPE, that there is not.

    Raises:
        ConfigError: There is none of that name.
    """
    require(tracker in TRACKERS, "tracker", tracker, f"one of {', '.join(TRACKERS)}")
    require_capacity(crepe_capacity)


def require_capacity(crepe_capacity: str) -> None:
    """Refuse a size of CREPE that there is not.

    Raises:
        ConfigError: There is none of that name.
    """
    sizes = ", ".join(CREPE_CAPACITIES)
    require(crepe_capacity in CREPE_CAPACITIES, "crepe_capacity", crepe_capacity, f"one of {sizes}")
