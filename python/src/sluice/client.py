"""A server of Sluice: the runs' API, and its buckets."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .errors import SluiceError
from .sigv4 import Credentials, sign

BASE = "/_sluice/v1"
TIMEOUT_SECONDS = 300
_OTHER = "Is it a server of Sluice, and of this version?"
_EMPTY = hashlib.sha256(b"").hexdigest()


class Server:
    """What a server is asked."""

    def __init__(self, url: str, credentials: Credentials | None = None, region: str = "us-east-1") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SluiceError("InvalidArgument", f"endpoint: expected such as http://127.0.0.1:4777, got '{url}'.")
        self.url = url.rstrip("/")
        self.credentials = credentials
        self.region = region

    def __repr__(self) -> str:
        return f"<server {self.url}>"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Asks the runs' API. Raises SluiceError with the server's code."""
        if body is not None:
            data = json.dumps(body).encode()
            headers = {**(headers or {}), "content-type": "application/json"}
        with self._open(method, self.url + BASE + path, data or b"", "sluice", headers) as answer:
            content = answer.read()
            if answer.status >= 400:
                raise _refusal(answer, content, self.url)
            return _read(content, self.url) if content else None

    def has(self, path: str) -> Any:
        """What is there; None for what is not."""
        with self._open("GET", self.url + BASE + path, b"", "sluice") as answer:
            content = answer.read()
            if answer.status == 404:
                return None
            if answer.status >= 400:
                raise _refusal(answer, content, self.url)
            return _read(content, self.url)

    def events(self, path: str, after: str | None = None) -> Iterator[dict[str, Any]]:
        """Server-sent events until their end; taken up again where the connection is lost."""
        failures = 0
        last = after
        while True:
            separator = "&" if "?" in path else "?"
            at = "" if last is None else f"{separator}{'cursor' if '/logs' in path else 'after'}={quote(last, safe='')}"
            try:
                for event in self._stream(path + at):
                    if event is None:
                        return
                    failures = 0
                    last = event[0] or last
                    yield event[1]
            except (OSError, http.client.HTTPException):
                failures += 1
                if failures > 20:
                    raise
                time.sleep(min(2.0, 0.05 * 2**failures))

    def _stream(self, path: str) -> Iterator[tuple[str | None, dict[str, Any]] | None]:
        with self._open("GET", self.url + BASE + path, b"", "sluice", {"accept": "text/event-stream"}) as answer:
            if answer.status == 204:
                yield None
                return
            if answer.status >= 400:
                raise _refusal(answer, answer.read(), self.url)
            id_: str | None = None
            lines: list[str] = []
            for raw in answer:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("id:"):
                    id_ = line[3:].strip()
                elif line.startswith("data:"):
                    lines.append(line[5:].strip())
                elif line == "" and lines:
                    yield id_, json.loads("\n".join(lines))
                    id_, lines = None, []
        # The events of a run end with a 204, whatever cut them off before.
        if "/logs" in path:
            yield None

    def put_object(self, bucket: str, key: str, source: Path | bytes) -> None:
        """Puts an object; makes the bucket where there is none."""
        digest = sha256_of(source)
        for attempt in (1, 2):
            status, content = self._put(f"/{bucket}/{quote(key)}", source, digest)
            if status == 404 and attempt == 1:
                self._put(f"/{bucket}", b"", _EMPTY)
                continue
            if status >= 400:
                raise SluiceError("AccessDenied", f"s3://{bucket}/{key} could not be written: {content[:300]!r}")
            return

    def has_object(self, bucket: str, key: str) -> bool:
        """Whether an object is there."""
        with self._open("HEAD", f"{self.url}/{bucket}/{quote(key)}", b"", "s3") as answer:
            answer.read()
            return answer.status == 200

    def get_object(self, bucket: str, key: str, target: Path) -> None:
        """Fetches an object into a file."""
        with self._open("GET", f"{self.url}/{bucket}/{quote(key)}", b"", "s3") as answer:
            if answer.status >= 400:
                raise SluiceError("NoSuchKey", f"s3://{bucket}/{key} could not be read: {answer.status}")
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            with part.open("wb") as file:
                while chunk := answer.read(1 << 20):
                    file.write(chunk)
            part.replace(target)

    def list_objects(self, bucket: str, prefix: str) -> list[str]:
        """The keys below a prefix."""
        from xml.etree import ElementTree

        keys: list[str] = []
        token = ""
        while True:
            query = f"list-type=2&prefix={quote(prefix, safe='')}" + (
                f"&continuation-token={quote(token, safe='')}" if token else ""
            )
            with self._open("GET", f"{self.url}/{bucket}?{query}", b"", "s3") as answer:
                content = answer.read()
            if answer.status >= 400:
                raise SluiceError("NoSuchKey", f"s3://{bucket}/{prefix} could not be listed: {content[:200]!r}")
            root = ElementTree.fromstring(content)
            keys += [each.text or "" for each in root.iterfind("{*}Contents/{*}Key")]
            token = root.findtext("{*}NextContinuationToken") or ""
            if not token:
                return keys

    def _put(self, path: str, source: Path | bytes, digest: str) -> tuple[int, bytes]:
        if isinstance(source, bytes):
            with self._open("PUT", self.url + path, source, "s3") as answer:
                return answer.status, answer.read()
        headers = {"content-length": str(source.stat().st_size)}
        with source.open("rb") as file, self._open("PUT", self.url + path, file, "s3", headers, digest) as answer:
            return answer.status, answer.read()

    def _open(
        self,
        method: str,
        url: str,
        data: Any,
        service: str,
        headers: dict[str, str] | None = None,
        digest: str | None = None,
    ) -> _Answer:
        parts = urlsplit(url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        sent = dict(headers or {})
        if self.credentials is not None:
            digest = digest or hashlib.sha256(data).hexdigest()
            sent.update(sign(method, url, service, self.credentials, digest, self.region))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body=data or None, headers=sent)
            return _Answer(connection, connection.getresponse())
        except OSError as error:
            connection.close()
            raise ConnectionError(f"The server {self.url} does not answer: {error}") from error


class _Answer:
    """An answer whose connection is closed with it."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = response.headers

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()

    def read(self, size: int | None = None) -> bytes:
        """Bytes of the body."""
        return self._response.read() if size is None else self._response.read(size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)


def _read(content: bytes, url: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        text = content[:200].decode("utf-8", "replace")
        raise SluiceError("InvalidArgument", f"{url} answered what is no JSON: {text}", _OTHER) from None


def _refusal(answer: _Answer, content: bytes, url: str) -> SluiceError:
    try:
        error = json.loads(content)["error"]
        made = SluiceError(error["code"], error["message"], error.get("hint"))
    except (ValueError, KeyError, TypeError):
        text = content[:200].decode("utf-8", "replace")
        return SluiceError("InvalidArgument", f"{url} answered {answer.status}: {text}", _OTHER)
    made.missing_bundles = error.get("missingBundles")  # type: ignore[attr-defined]
    return made


def sha256_of(source: Path | bytes) -> str:
    """The SHA-256 of bytes or of a file, in hexadecimal digits."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    made = hashlib.sha256()
    with source.open("rb") as file:
        while chunk := file.read(1 << 20):
            made.update(chunk)
    return made.hexdigest()
