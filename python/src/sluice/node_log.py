"""What a display shows of a node's log: its last lines, and how the job's metrics went."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import Server

LAST_LINES = 30
# Points of one metric that are kept: every second one goes where there are more.
MOST_POINTS = 400
# Pages of a log that are read for one look at it, so that a long one holds nothing up.
PAGES_AT_ONCE = 20
LONGEST_LINE = 300
LONGEST_READ = 2000
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?'\"<>]*)\?[^\s'\"<>]*", re.IGNORECASE)
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"<>]+@", re.IGNORECASE)
_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")
_SECRET = re.compile(
    r"(?i)\b(authorization|[\w-]*(?:token|password|secret|secret[_-]?access[_-]?key|api[_-]?key))(['\"]?\s*[:=]\s*)"
    r"(?:bearer\s+)?['\"]?[^\s'\",;]+['\"]?"
)


def shown_line(line: str) -> str:
    """A line as a saved notebook may hold it: without control characters, signed URLs and what looks like a key."""
    clean = _CONTROL.sub("", line[:LONGEST_READ])
    clean = _USER.sub(r"\1…@", _QUERY.sub(r"\1?…", clean))
    clean = _SECRET.sub(r"\1\2…", _KEY.sub("…", clean))
    return clean if len(clean) <= LONGEST_LINE else clean[: LONGEST_LINE - 1] + "…"


class NodeLog:
    """The log of one node, read on from where the last look has ended."""

    def __init__(self, server: Server, path: str, metrics: dict[str, str]) -> None:
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self.series: dict[str, list[float]] = {}
        self.ended = False
        self._server = server
        self._path = path
        self._cursor = ""
        self._metrics = _compiled(metrics)

    def read(self) -> None:
        """Takes in what has been printed since the last look."""
        from urllib.parse import quote

        for _ in range(PAGES_AT_ONCE):
            page = self._server.ask(
                "GET", self._path + (f"?cursor={quote(self._cursor, safe='')}" if self._cursor else "")
            )
            for line in page["lines"]:
                self._take(line["message"])
                self._cursor = line["cursor"]
            self._cursor = page.get("nextCursor") or self._cursor
            if not page["lines"] or not page.get("nextCursor"):
                return

    def _take(self, line: str) -> None:
        self.lines.append(shown_line(line))
        for name, pattern in self._metrics.items():
            for found in pattern.finditer(line):
                try:
                    value = float(found.group(1))
                except (ValueError, IndexError, TypeError):
                    continue
                points = self.series.setdefault(name, [])
                points.append(value)
                if len(points) > MOST_POINTS:
                    del points[::2]


def _compiled(metrics: dict[str, str]) -> dict[str, re.Pattern[str]]:
    made: dict[str, re.Pattern[str]] = {}
    for name, pattern in metrics.items():
        try:
            made[name] = re.compile(pattern)
        except re.error:
            # It is one of the job's own language: its last value is shown all the same.
            continue
    return made
