"""The answers of a model server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask

from . import content_types


class Response(flask.Response):
    """What `output_fn` may return. `accept` is ignored, as it has long been."""

    default_mimetype = content_types.JSON

    def __init__(
        self,
        response: Any = None,
        accept: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        mimetype: str | None = None,
        direct_passthrough: bool = False,
    ):
        super().__init__(response, status, headers, mimetype, None, direct_passthrough)


class Request(flask.Request):
    """A request as an application of one's own gets it."""

    @property
    def content(self):
        """The body: text of text types, else bytes."""
        as_text = self.content_type in content_types.UTF8_TYPES
        return self.get_data(as_text=as_text)

    @property
    def accept(self):
        accept = self.headers.get("accept")
        return content_types.JSON if not accept or accept == content_types.ANY else accept
