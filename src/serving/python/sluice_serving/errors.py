"""Errors of the model server."""

from __future__ import annotations

from typing import Any

#: The inference toolkits' own words for a content type that they do not know.
UNSUPPORTED = (
    "Content type %s is not supported by this framework.\n\n"
    "            Please implement input_fn to to deserialize the request data or an output_fn to\n"
    "            serialize the response. For more information, see the SageMaker Python SDK README."
)

TEXT = "text/plain; charset=utf-8"


class HttpError(Exception):
    """Answered with its status and its message."""

    def __init__(self, status: int, message: str, content_type: str = TEXT):
        super().__init__(message)
        self.status = status
        self.content_type = content_type


class UnsupportedFormatError(Exception):
    """A content type that the default functions do not know. `status`: 415 of a request, 406 of an answer."""

    def __init__(self, content_type: str, status: int):
        super().__init__(UNSUPPORTED % content_type)
        self.status = status


class ServingError(Exception):
    """Why a model cannot be served. Its message is for the log, without a traceback."""


def answer_in_text(error: Any, trace: str):
    """The status, the body and its type of what an exception is answered with: its message and its trace."""
    status = getattr(error, "status_code", 500)
    status = status if isinstance(status, int) and 400 <= status <= 599 else 500
    return status, "%s\n%s" % (error, trace), TEXT
