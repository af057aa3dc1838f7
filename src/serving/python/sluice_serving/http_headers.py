"""The headers of a request, as scripts look them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: Names as SageMaker sends them to a container; others have a capital letter at each part.
KNOWN = {
    name.lower(): name
    for name in (
        "X-Amzn-SageMaker-Custom-Attributes",
        "X-Amzn-SageMaker-Target-Model",
        "X-Amzn-SageMaker-Target-Variant",
        "X-Amzn-SageMaker-Inference-Id",
        "X-Amzn-SageMaker-Session-Id",
        "X-Amzn-Trace-Id",
    )
}


def _canonical(name: str):
    return KNOWN.get(name.lower()) or "-".join(part.capitalize() for part in name.split("-"))


class Headers(dict):
    """A dict by the names that SageMaker sends, which are found in any case."""

    def __init__(self, pairs: Iterable[tuple[str, str]]):
        super().__init__((_canonical(name), value) for name, value in pairs)

    def __getitem__(self, name: str):
        return super().__getitem__(_canonical(name))

    def __contains__(self, name: object):
        return isinstance(name, str) and super().__contains__(_canonical(name))

    def get(self, name: str, default: Any = None):
        return super().get(_canonical(name), default)
