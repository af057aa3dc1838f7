"""What is wrong with an argument, or with a job."""

from __future__ import annotations

from ..errors import SluiceError


class ArgumentError(SluiceError, ValueError):
    """An argument that is not as it should be: the message names it, what was expected and what came."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__("InvalidArgument", message, hint)
