"""The errors that the other modules raise."""

from __future__ import annotations

from typing import Any


class ClientError(Exception):
    """Something that the user's data or script did."""


class ChannelDoesNotExistException(Exception):
    """A channel that the job does not have."""

    def __init__(self, channel_name: str):
        super().__init__("Channel %s is not a valid channel" % channel_name)


class UnsupportedFormatError(Exception):
    """A content type that cannot be read or written."""

    def __init__(self, content_type: str, **kwargs: Any):
        self.message = "Content type %s is not supported by this framework." % content_type
        super().__init__(self.message, **kwargs)
