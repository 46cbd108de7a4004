"""The kinds of virtual machine that are offered, and what each does when it starts."""

from dataclasses import dataclass

from ddsp_backend.errors import ConfigError

_ACCELERATOR_IMAGES = "projects/ubuntu-os-accelerator-images/global/images/family"


@dataclass(frozen=True, slots=True)
class MachineKind:
    """Attributes:

    title: In a list: what it has.
    remark: What is not sure about it; empty: nothing.
    machine_type: Compute Engine's name.
    image: A family of images; the newest of it is taken.
    disk_type: The kinds of disk that a machine type takes differ.
    zones: Some that have it. Google moves them; any other may be typed.
    """

    key: str
    title: str
    remark: str
    machine_type: str
    image: str
    disk_type: str
    zones: tuple[str, ...]


_UNTRIED = "Never tried on a real one"
KINDS = (
    MachineKind(
        "v5e",
        "TPU v5e, 1 chip",
        _UNTRIED,
        "ct5lp-hightpu-1t",
        f"{_ACCELERATOR_IMAGES}/ubuntu-accel-2204-amd64-tpu-v5e-v5p-v6e",
        "pd-balanced",
        ("us-central1-a", "us-west4-a", "us-south1-a", "europe-west4-b"),
    ),
    MachineKind(
        "l4",
        "Graphics card NVIDIA L4, 8 cores",
        _UNTRIED,
        "g2-standard-8",
        f"{_ACCELERATOR_IMAGES}/ubuntu-accelerator-2404-amd64-with-nvidia-580",
        "pd-balanced",
        ("us-central1-a", "us-east1-b", "us-west1-a", "europe-west4-a", "europe-west1-b", "asia-southeast1-a"),
    ),
    MachineKind(
        "cpu",
        "Processor, 8 cores",
        _UNTRIED,
        "n2-standard-8",
        "projects/debian-cloud/global/images/family/debian-12",
        "pd-balanced",
        ("us-central1-a", "us-east1-b", "europe-west1-b", "europe-west3-a", "asia-east1-a"),
    ),
    MachineKind(
        "v6e",
        "TPU v6e, 1 chip",
        "Untested: Google's pages disagree on whether TensorFlow runs on it",
        "ct6e-standard-1t",
        f"{_ACCELERATOR_IMAGES}/ubuntu-accel-2204-amd64-tpu-v5e-v5p-v6e",
        "hyperdisk-balanced",
        ("us-east5-b", "europe-west4-a", "us-east1-d", "asia-northeast1-b"),
    ),
)
DISK_GB = 50
"""TensorFlow with CUDA's libraries takes 12; the images come with 10 in all."""

GUEST_NAMESPACE = "timbre-studio"
# The newest of these images has no venv module, and that for TPUs Python 3.10. The set-up needs both in order. Device
# files of TPUs belong to root on some images. The answer goes to where Google lets only this project's people read.
START_SCRIPT = f"""#!/bin/sh
export DEBIAN_FRONTEND=noninteractive
say() {{
    curl -sf -X PUT --data "$1" -H "Metadata-Flavor: Google" \\
        http://metadata.google.internal/computeMetadata/v1/instance/guest-attributes/{GUEST_NAMESPACE}/state
}}
is_usable() {{
    for python in python3.12 python3.11 python3.13 python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \\
            2>/dev/null && return 0
    done
    return 1
}}
chmod a+rw /dev/accel* /dev/vfio/* 2>/dev/null
for attempt in 1 2 3 4 5; do
    is_usable && break
    apt-get update -q
    apt-get install -y -q --no-install-recommends python3-venv
    is_usable || apt-get install -y -q --no-install-recommends python3.11 python3.11-venv
    is_usable || sleep 15
done
is_usable && say ready || say "no Python 3.11 could be installed"
"""


def kind_of(key: str) -> MachineKind:
    """Raises ConfigError where there is none of that name."""
    for kind in KINDS:
        if kind.key == key:
            return kind
    raise ConfigError(f"There is no kind of machine {key!r}", f"Choose one of {', '.join(k.key for k in KINDS)}.")
