"""The model server of Python models: a program of its own that runs inside a job, `python3 serve.py`.

It needs nothing but Python 3.9 or newer and the files beside it; what the model needs is the model's.

Environment: SAGEMAKER_BIND_TO_PORT (8080), SAGEMAKER_PROGRAM, SAGEMAKER_SUBMIT_DIRECTORY, SM_MODEL_DIR,
SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, SAGEMAKER_MODEL_SERVER_WORKERS (how many requests the model answers at once;
as many as there are processors), SLUICE_FRAMEWORK and SLUICE_IMAGE_VERSION (whose defaults hold),
SLUICE_BIND_TO_ADDRESS (127.0.0.1).
"""

import json
import os
import signal
import socket
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sluice_serving.choose import choose_inference
from sluice_serving.errors import HttpError, ServingError
from sluice_serving.inference import model_directory

MAX_BODY_BYTES = 1 << 30
#: Longer than clients keep their connections, so that it is never the server that closes one under a request.
KEEP_ALIVE_SECONDS = 120


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address, inference, workers):
        super().__init__(address, Handler)
        self.inference = inference
        self.workers = threading.BoundedSemaphore(workers)
        self._under_way = 0
        self._idle = threading.Condition()

    def begin(self):
        with self._idle:
            self._under_way += 1

    def end(self):
        with self._idle:
            self._under_way -= 1
            self._idle.notify_all()

    def wait_until_idle(self):
        with self._idle:
            self._idle.wait_for(lambda: self._under_way == 0)

    def handle_error(self, request, client_address):
        """A client that goes away is no error of the server."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = KEEP_ALIVE_SECONDS
    # Head and body leave together: two small packets would wait for each other.
    wbufsize = -1

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        self._handle(self._get)

    def do_POST(self):
        self._handle(self._post)

    def log_message(self, format, *args):
        """Requests are not logged."""

    def _handle(self, respond):
        self.server.begin()
        try:
            self._send(*respond())
        except HttpError as error:
            self._send(error.status, str(error), error.content_type)
        except OSError:
            self.close_connection = True
            raise
        except Exception as error:
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            self._send(*self.server.inference.answer_error(error, trace))
        finally:
            self.server.end()

    def _get(self):
        path = self.path.split("?")[0]
        if path == "/ping":
            return 200, "\n", "application/json"
        if path == "/execution-parameters" and self.server.inference.execution_parameters_fn:
            parameters = self.server.inference.execution_parameters_fn()
            text = parameters if isinstance(parameters, str) else json.dumps(parameters)
            return 200, text, "application/json"
        raise HttpError(405 if path == "/invocations" else 404, "GET %s is not served here." % path)

    def _post(self):
        path = self.path.split("?")[0]
        body = self._read_body()
        if path.startswith("/v1/") and hasattr(self.server.inference, "rest"):
            return self.server.inference.rest(path, body)
        if path != "/invocations":
            raise HttpError(405 if path == "/ping" else 404, "POST %s is not served here." % path)
        with self.server.workers:
            return self.server.inference.transform(body, self.headers)

    def _read_body(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            return self._read_chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            raise HttpError(413, "The body has more than %d bytes." % MAX_BODY_BYTES)
        return self.rfile.read(length)

    def _read_chunks(self):
        chunks = []
        total = 0
        while True:
            size = int(self.rfile.readline(256).split(b";")[0], 16)
            if size == 0:
                break
            total += size
            if total > MAX_BODY_BYTES:
                self.close_connection = True
                raise HttpError(413, "The body has more than %d bytes." % MAX_BODY_BYTES)
            chunks.append(self.rfile.read(size))
            self.rfile.readline(256)
        while self.rfile.readline(8192).strip():
            pass
        return b"".join(chunks)

    def _send(self, status, body, content_type):
        data = body.encode("utf-8") if isinstance(body, str) else bytes(body)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def port_of(text):
    if not text:
        return 8080
    if text.isdigit() and int(text) < 65536:
        return int(text)
    raise ServingError("SAGEMAKER_BIND_TO_PORT: expected a port, got '%s'." % text)


def workers_of(text):
    if not text:
        return os.cpu_count() or 1
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise ServingError("SAGEMAKER_MODEL_SERVER_WORKERS: expected a number of at least 1, got '%s'." % text)


def main(environment):
    port = port_of(environment.get("SAGEMAKER_BIND_TO_PORT"))
    workers = workers_of(environment.get("SAGEMAKER_MODEL_SERVER_WORKERS"))
    inference = choose_inference(environment, port)
    inference.load(model_directory(environment))
    server = Server((environment.get("SLUICE_BIND_TO_ADDRESS") or "127.0.0.1", port), inference, workers)
    # shutdown() waits for the loop, which is in this very thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.wait_until_idle()


if __name__ == "__main__":
    try:
        main(os.environ)
    except ServingError as error:
        sys.stderr.write("Model server: %s\n" % error)
        sys.exit(1)
