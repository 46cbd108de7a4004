"""What is asked before something is done that cannot be undone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """Attributes: yes, no: The words of both answers."""

    title: str
    text: str
    yes: str
    no: str
