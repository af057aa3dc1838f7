"""Shows a run: as text, and as HTML that needs nothing but itself, so that it survives in a saved notebook."""

from __future__ import annotations

import sys
import time
from html import escape
from math import isfinite
from typing import TYPE_CHECKING, Any

from .node_log import shown_line

if TYPE_CHECKING:
    from .execution import Execution

_COLOURS = {
    "Succeeded": "#1a7f37",
    "Failed": "#cf222e",
    "TimedOut": "#cf222e",
    "Aborted": "#9a6700",
    "Running": "#0969da",
    "RetryableFailure": "#9a6700",
}
# Jupyter aligns cells to the right.
_CELL = '<td style="text-align:left">'
EVERY_SECONDS = 0.5


def show(execution: Execution) -> None:
    """Shows a run until it ends: in a notebook one display that changes, elsewhere a line for each change."""
    display = _notebook_display()
    if display is None:
        _show_lines(execution)
        return
    handle = display(execution, display_id=True)
    shown = ""
    while True:
        run = execution.look()
        drawn = html(run)
        if drawn != shown:
            handle.update({"text/plain": text(run), "text/html": drawn}, raw=True)
            shown = drawn
        if run["phase"] != "Running":
            return
        time.sleep(EVERY_SECONDS)


def _notebook_display() -> Any:
    if "IPython" not in sys.modules:
        return None
    ipython: Any = sys.modules["IPython"]
    shell = ipython.get_ipython()
    if shell is None or not getattr(shell, "kernel", None):
        return None
    import importlib

    return importlib.import_module("IPython.display").display


def _show_lines(execution: Execution) -> None:
    seen: dict[str, str] = {}
    while True:
        run = execution.refresh()
        for node in run["nodes"]:
            if node["phase"] != "NotYetStarted" and seen.get(node["id"]) != node["phase"]:
                seen[node["id"]] = node["phase"]
                print(f"{node['id']}  {_facts(node)}", flush=True)
        if run["phase"] != "Running":
            print(f"{run['id']}  {run['phase']}", flush=True)
            return
        time.sleep(EVERY_SECONDS)


def text(run: dict[str, Any]) -> str:
    """A run as lines of text."""
    lines = [f"{run['workflow']}  {run['id']}  {run['phase']}"]
    lines += [f"  {node['id']}  {_facts(node)}" for node in run["nodes"]]
    for name, value in (run.get("outputs") or {}).items():
        lines.append(f"  {name} = {_cut(_shown(value))}")
    if run.get("error"):
        lines += [f"  {shown_line(line)}" for line in run["error"].get("message", "").split("\n")]
    return "\n".join(lines)


def _facts(node: dict[str, Any]) -> str:
    parts = [node["phase"]]
    if node.get("durationMs") is not None:
        parts.append(_duration(node["durationMs"]))
    if node.get("attempt", 0) > 1:
        parts.append(f"attempt {node['attempt']}")
    parts += [f"{name}={value:g}" for name, value in (node.get("metrics") or {}).items()]
    return "  ".join(parts)


def html(run: dict[str, Any]) -> str:
    """A run as HTML. All of its texts are escaped; of places of data only names are shown, no query."""
    cost = run.get("cost", {}).get("onDemand")
    facts = [run["phase"], _duration(run["durationMs"]) if run.get("durationMs") is not None else ""]
    if cost is not None:
        facts.append(f"${cost:.4f} on SageMaker")
    head = (
        f'<div style="font-family:sans-serif;font-size:13px"><b>{escape(run["workflow"])}</b> '
        f"<code>{escape(run['id'])}</code> "
        f'<span style="color:{_COLOURS.get(run["phase"], "#57606a")}">{escape(" · ".join(filter(None, facts)))}</span>'
    )
    return head + _graph(run["nodes"]) + _table(run["nodes"]) + _logs(run["nodes"]) + _ending(run) + "</div>"


def _graph(nodes: list[dict[str, Any]]) -> str:
    """The graph, as far as it can be drawn."""
    if not nodes or len(nodes) > 60:
        return ""
    column: dict[str, int] = {}
    rows: dict[int, int] = {}
    at: dict[str, tuple[int, int]] = {}
    for node in nodes:
        place = max((column[each] + 1 for each in node["dependsOn"] if each in column), default=0)
        column[node["id"]] = place
        row = rows.get(place, 0)
        rows[place] = row + 1
        at[node["id"]] = (10 + place * 200, 10 + row * 54)
    width, height = 170 + max(column.values()) * 200, 20 + max(rows.values()) * 54
    parts = [f'<div style="overflow-x:auto"><svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">']
    for node in nodes:
        x, y = at[node["id"]]
        for each in node["dependsOn"]:
            if each in at:
                ax, ay = at[each]
                path = f"M{ax + 150},{ay + 19} C{ax + 175},{ay + 19} {x - 25},{y + 19} {x},{y + 19}"
                parts.append(f'<path d="{path}" fill="none" stroke="#8c959f"/>')
    for node in nodes:
        x, y = at[node["id"]]
        colour = _COLOURS.get(node["phase"], "#8c959f")
        name = node["id"] if len(node["id"]) <= 20 else node["id"][:19] + "…"
        parts.append(
            f"<g><title>{escape(node['id'])}: {escape(node['phase'])}</title>"
            f'<rect x="{x}" y="{y}" rx="5" width="150" height="38" fill="#fff" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{x + 8}" y="{y + 16}" font-size="12" fill="#1f2328">{escape(name)}</text>'
            f'<text x="{x + 8}" y="{y + 31}" font-size="10" fill="{colour}">{escape(_under(node))}</text></g>'
        )
    return "".join(parts) + "</svg></div>"


def _table(nodes: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr>{_CELL}{escape(node['id'])}</td>{_CELL}{escape(node['type'].replace('_', ' '))}</td>"
        f'<td style="text-align:left;color:{_COLOURS.get(node["phase"], "#57606a")}">{escape(node["phase"])}</td>'
        f"{_CELL}{_duration(node['durationMs']) if node.get('durationMs') is not None else ''}</td>"
        f"{_CELL}{escape(node.get('instanceType') or '')}</td>{_CELL}{_cost(node)}</td>{_CELL}{_metrics(node)}</td></tr>"
        for node in nodes[:200]
    )
    more = f"<p>and {len(nodes) - 200} more</p>" if len(nodes) > 200 else ""
    names = "".join(
        f'<th style="text-align:left">{name}</th>'
        for name in ("node", "job", "phase", "time", "instance", "cost", "metrics")
    )
    return f'<table style="text-align:left"><tr>{names}</tr>{rows}</table>{more}'


def _under(node: dict[str, Any]) -> str:
    took = node.get("durationMs")
    return node["phase"] if took is None else f"{node['phase']} · {_duration(took)}"


def _cost(node: dict[str, Any]) -> str:
    cost = node.get("costUsd")
    return "" if cost is None else f"${cost:.4f}"


def _metrics(node: dict[str, Any]) -> str:
    """Each as a small plot of how it went, where that is known, with its last value."""
    series: dict[str, list[float]] = node.get("series") or {}
    values = {**{name: points[-1] for name, points in series.items()}, **(node.get("metrics") or {})}
    return "".join(
        f'<div style="white-space:nowrap">{plot(series.get(name, []))}{escape(name)} {value:g}</div>'
        for name, value in values.items()
    )


def plot(values: list[float]) -> str:
    """A small plot of a metric, as SVG."""
    finite = [value for value in values if isfinite(value)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    height = (high - low) or 1.0
    step = 96 / (len(finite) - 1)
    points = " ".join(
        f"{2 + index * step:.1f},{18 - 16 * (value - low) / height:.1f}" for index, value in enumerate(finite)
    )
    return (
        '<svg width="100" height="20" style="vertical-align:middle">'
        f'<polyline points="{points}" fill="none" stroke="#0969da" stroke-width="1.5"/></svg> '
    )


def _logs(nodes: list[dict[str, Any]]) -> str:
    """The ends of the logs: that of a step that has failed is open."""
    return "".join(
        f"<details{' open' if node['phase'] in ('Failed', 'TimedOut') else ''}>"
        f"<summary>log of {escape(node['id'])}</summary>"
        f'<pre style="max-height:240px;overflow:auto;margin:4px 0 8px 16px">{escape(chr(10).join(node["log"]))}</pre></details>'
        for node in nodes
        if node.get("log")
    )


def _ending(run: dict[str, Any]) -> str:
    outputs = "".join(
        f"<tr>{_CELL}{escape(name)}</td>{_CELL}<code>{escape(_cut(_shown(value)))}</code></td></tr>"
        for name, value in (run.get("outputs") or {}).items()
    )
    made = f'<table style="text-align:left">{outputs}</table>' if outputs else ""
    error: dict[str, Any] = run.get("error") or {}
    if error:
        message = "\n".join(shown_line(line) for line in error.get("message", "").split("\n"))
        made += f'<pre style="color:#cf222e">{escape(message)}</pre>'
    return made


def _shown(value: Any) -> str:
    import json

    return shown_line(value if isinstance(value, str) else json.dumps(value))


def _cut(value: str) -> str:
    return value if len(value) <= 200 else value[:199] + "…"


def _duration(ms: float) -> str:
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return f"{int(ms // 60_000)} min {int(ms % 60_000 // 1000)} s"
