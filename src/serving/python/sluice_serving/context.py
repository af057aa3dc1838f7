"""The context that functions of an inference script may take: that of a request to MMS or TorchServe.

Source: mms.context and ts.context. Gap: `metrics` keeps what it is told, and tells nobody.
"""


class Context:
    """Facts of the server from the start on, of the request as long as one is answered."""

    def __init__(self, model_dir, gpu):
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

    def begin(self, headers):
        """Makes it that of another request."""
        self._requests += 1
        self.request_ids = {0: str(self._requests)}
        self.request_processor = [RequestProcessor(headers)]
        return self.request_processor[0]

    def get_request_id(self, idx=0):
        return self.request_ids.get(idx)

    def get_request_header(self, idx, key):
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx):
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx, value):
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx):
        return self.get_response_headers(idx).get("content-type")

    def get_response_status(self, idx):
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def set_response_status(self, code=200, phrase="", idx=0):
        self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code=200, phrase=""):
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_headers(self, idx):
        return self.request_processor[idx].get_response_headers()

    def set_response_header(self, idx, key, value):
        self.request_processor[idx].add_response_property(key, value)


class RequestProcessor:
    """One request, and what is said of its answer."""

    def __init__(self, headers):
        self._headers = headers
        self._status, self._phrase = 200, None
        self._response_headers = {}

    def get_request_property(self, key):
        return self._headers.get(key)

    def get_request_properties(self):
        return self._headers

    def report_status(self, code, reason_phrase=None):
        self._status, self._phrase = code, reason_phrase

    def get_response_status_code(self):
        return self._status

    def get_response_status_phrase(self):
        return self._phrase

    def add_response_property(self, key, value):
        self._response_headers[key] = value

    def get_response_headers(self):
        return self._response_headers

    def get_response_header(self, key):
        return self._response_headers.get(key)


class Metrics:
    """Takes what a script adds: `add_counter`, `add_time`, `add_size`, `add_percent`, `add_metric`, `add_error`."""

    def __init__(self):
        self.store = []

    def __getattr__(self, name):
        if name.startswith("add_"):
            return lambda *_arguments, **_named: None
        raise AttributeError(name)
