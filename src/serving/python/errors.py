"""Errors of the model server."""


class HttpError(Exception):
    """Answered with its status and its message."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class ServingError(Exception):
    """Why a model cannot be served. Its message is for the log, without a traceback."""
