"""The context that functions of an inference script may take: that of a request to MMS or TorchServe.

Source: mms.context and ts.context. Gap: `metrics` keeps what it is told, and tells nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Context:
    """Facts of the server from the start on, of the request as long as one is answered."""

    def __init__(self, model_dir: str, gpu: Any):
        self.model_name = "model"
        self.manifest = {}
        self.system_properties = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": 1,
            "server_name": "MMS",
            "server_version": "1.0",
        }
        self.metrics = Metrics()
        self.request_ids = {0: ""}
        self.request_processor = [RequestProcessor({})]
        self._requests = 0

    def begin(self, headers: Mapping[str, str]):
        """Makes it that of another request."""
        self._requests += 1
        self.request_ids = {0: str(self._requests)}
        self.request_processor = [RequestProcessor(headers)]
        return self.request_processor[0]

    def get_request_id(self, idx: int = 0):
        return self.request_ids.get(idx)

    def get_request_header(self, idx: int, key: str):
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int):
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx: int, value: Any):
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx: int):
        return self.get_response_headers(idx).get("content-type")

    def get_response_status(self, idx: int):
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0):
        self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = ""):
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_headers(self, idx: int):
        return self.request_processor[idx].get_response_headers()

    def set_response_header(self, idx: int, key: str, value: Any):
        self.request_processor[idx].add_response_property(key, value)


class RequestProcessor:
    """One request, and what is said of its answer."""

    def __init__(self, headers: Mapping[str, str]):
        self._headers = headers
        self._status, self._phrase = 200, None
        self._response_headers = {}

    def get_request_property(self, key: str):
        return self._headers.get(key)

    def get_request_properties(self):
        return self._headers

    def report_status(self, code: int, reason_phrase: str | None = None):
        self._status, self._phrase = code, reason_phrase

    def get_response_status_code(self):
        return self._status

    def get_response_status_phrase(self):
        return self._phrase

    def add_response_property(self, key: str, value: Any):
        self._response_headers[key] = value

    def get_response_headers(self):
        return self._response_headers

    def get_response_header(self, key: str):
        return self._response_headers.get(key)


class Metrics:
    """Takes what a script adds: `add_counter`, `add_time`, `add_size`, `add_percent`, `add_metric`, `add_error`."""

    def __init__(self):
        self.store = []

    def __getattr__(self, name: str):
        if name.startswith("add_"):
            return lambda *_arguments, **_named: None
        raise AttributeError(name)
