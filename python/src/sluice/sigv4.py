"""Signature Version 4, as AWS's clients sign."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit


class Credentials(NamedTuple):
    """Keys of who may use a server."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id})"


def sign(
    method: str, url: str, service: str, credentials: Credentials, payload_hash: str, region: str = "us-east-1"
) -> dict[str, str]:
    """The headers that sign a request; its path is signed as it is sent."""
    parts = urlsplit(url)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": parts.netloc, "x-amz-content-sha256": payload_hash, "x-amz-date": now}
    if credentials.session_token is not None:
        headers["x-amz-security-token"] = credentials.session_token
    query = sorted((_quote(key), _quote(value)) for key, value in parse_qsl(parts.query, keep_blank_values=True))
    names = ";".join(sorted(headers))
    request = "\n".join(
        [
            method,
            parts.path or "/",
            "&".join(f"{key}={value}" for key, value in query),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            payload_hash,
        ]
    )
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (now[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {**{name: value for name, value in headers.items() if name != "host"}, "authorization": authorization}


def _quote(text: str) -> str:
    return quote(text, safe="-_.~")
