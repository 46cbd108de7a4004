"""The keys by which hosts are known again, and what is said about one that is not the one that we know."""

import asyncssh

from ddsp_backend.errors import Cause, RemoteError
from ddsp_backend.remote.hosts import fingerprint

_RSA = ["rsa-sha2-512", "rsa-sha2-256"]
_ALGORITHMS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA]


class HostKeyError(RemoteError):
    """A host showed a key that is not the pinned one. Nothing was sent.

    Attributes:
      key: What it showed, as a line for `HostBook.pin`.
      jump: The name of the host in between whose key it is; empty: the host's own.
      is_new: Whether no key was pinned; otherwise this may be an attack.
    """

    def __init__(self, address: str, pinned: str | None, key: str, jump: str = "", otherwise: str = "") -> None:
        """`otherwise`: another cure for a key that is new, as the end of a sentence."""
        self.key, self.jump = key, jump
        self.is_new = pinned is None
        behind = "the computer behind it" if jump else address
        whose = f"{jump}, the jump host on the way to {address}," if jump else address
        if pinned is None:
            title = f"{whose} is new here; the fingerprint of its key is {fingerprint(key)}. Nothing was sent"
            hint = (
                "Compare it with the fingerprint that the host's owner gives you; if they match, accept it "
                f"{f'where {behind} is added here' if jump else 'here'}{otherwise or '.'}"
            )
        else:
            title, hint = changed(whose, pinned, key, f"remove {behind} here and add it again.")
        super().__init__(title, hint, Cause.JUMP_HOST if jump else Cause.OTHER)


def changed(whose: str, known: str, shown: str, cure: str) -> tuple[str, str]:
    """Title and hint about a key that is another one than before; `cure`: what to do if it is the right one."""
    return (
        f"The key of {whose} has changed: it was {fingerprint(known)}, and now it is {fingerprint(shown)}. "
        "Nothing was sent",
        "Either the host was reinstalled, or another machine is answering in its place. Ask its owner; if "
        f"the new fingerprint is right, {cure}",
    )


def key_line(key: asyncssh.SSHKey) -> str:
    """A key's kind and content, without a comment."""
    return " ".join(key.export_public_key().decode().split()[:2])


def algorithms(pinned: str | None) -> list[str]:
    """Only those of the pinned key: a host has several keys, and must show the one that we know."""
    if pinned is None:
        return _ALGORITHMS
    kind = pinned.split()[0]
    return _RSA if kind == "ssh-rsa" else [kind]
