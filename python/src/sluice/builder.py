"""Collects the nodes and tasks of a graph while a workflow's function runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SluiceError, suggest
from .references import Binding, Call, Reference, Results

if TYPE_CHECKING:
    from .tasks import Task

_ASSIGNABLE = {("integer", "float"), ("uri", "string")}
_EXPECTED = {
    "string": "a string",
    "integer": "an integer",
    "float": "a number",
    "boolean": "True or False",
    "uri": "a URI such as s3://bucket/key, or a path",
}

current: GraphBuilder | None = None


class GraphBuilder:
    """What a workflow becomes."""

    def __init__(self, workflow: str, directory: Path) -> None:
        self.workflow = workflow
        self.directory = directory
        self.inputs: dict[str, dict[str, Any]] = {}
        self.nodes: list[dict[str, Any]] = []
        self.tasks: dict[str, Task] = {}
        self.graph_tasks: dict[str, dict[str, Any]] = {}
        self._ids: dict[str, int] = {}
        self._models: dict[str, Task] = {}

    def call(self, task: Task, arguments: dict[str, Any], options: CallOptions) -> Any:
        """Adds a call of a task; what comes back stands for its results."""
        key = self._add_task(task, arguments)
        id_ = self._node_id(options.name, key)
        inputs = self._bind(task, key, arguments)
        node: dict[str, Any] = {"id": id_, "task": key, "inputs": inputs}
        if options.after:
            node["after"] = options.after
        self.nodes.append(node)
        return self._results(task, key, id_)

    def bind(self, value: Any, type_: str, what: str) -> Binding:
        """What a value for a variable of a type becomes."""
        if isinstance(value, Reference):
            return self._reference(value, type_, what)
        if type_ == "json" and holds_reference(value):
            return self._mixed(value, what)
        if isinstance(value, Results):
            raise SluiceError("GraphInvalid", f"{what}: node '{value.node}' has several results; name one.")
        return {"literal": literal(value, type_, what, self.directory)}

    def _mixed(self, value: Any, what: str) -> Binding:
        if isinstance(value, Reference):
            return self._reference(value, "json", what)
        if isinstance(value, dict):
            entries: dict[str, Any] = value
            return {"map": {key: self._mixed(part, f"{what}[{key!r}]") for key, part in entries.items()}}
        if isinstance(value, list | tuple):
            parts: list[Any] = list(value)
            return {"list": [self._mixed(part, f"{what}[{index}]") for index, part in enumerate(parts)]}
        return {"literal": literal(value, "json", what, self.directory)}

    def _reference(self, value: Reference, type_: str, what: str) -> Binding:
        if value.builder is not self:
            raise SluiceError("GraphInvalid", f"{what}: got a value of another workflow.")
        if not value.binding:
            raise SluiceError("GraphInvalid", f"{what}: {value.label} is nothing: its function returns None.")
        if type_ == "uri" and value.type in ("string", "json"):
            self._becomes_place(value)
        elif not (value.type == type_ or type_ == "json" or value.type == "json" or (value.type, type_) in _ASSIGNABLE):
            raise SluiceError("GraphInvalid", f"{what}: expected {type_}, got {value.label}, which is {value.type}.")
        if value.type == "json" and type_ not in ("json", "uri"):
            raise SluiceError(
                "GraphInvalid",
                f"{what}: expected {type_}, got {value.label}, which may be anything.",
                "Say in its annotation what it is.",
            )
        return value.binding

    def _becomes_place(self, value: Reference) -> None:
        """A text that is used as a place of data is one."""
        binding = value.binding
        if "input" in binding:
            variable = self.inputs[binding["input"]]
            variable["type"] = "uri"
            if isinstance(variable.get("default"), str):
                variable["default"] = to_uri(variable["default"], self.directory)
        else:
            key = next(node["task"] for node in reversed(self.nodes) if node["id"] == binding["node"])
            self.graph_tasks[key]["interface"]["outputs"][binding["output"]]["type"] = "uri"
        value.type = "uri"

    def _add_task(self, task: Task, arguments: dict[str, Any]) -> str:
        known = self.tasks.get(task.name)
        if known is not None and known is not task:
            raise SluiceError("GraphInvalid", f"Two tasks are called '{task.name}': {known.file} and {task.file}.")
        trained = self._trained_by(task, arguments)
        key = task.name
        if known is None:
            self.tasks[key] = task
            self.graph_tasks[key] = task.graph_task(trained)
            if trained is not None:
                self._models[key] = trained
        elif trained is not None and self._models.get(key) is not trained:
            key = f"{task.name}-of-{trained.name}"
            if key not in self.graph_tasks:
                self.graph_tasks[key] = {**task.graph_task(trained), "name": key}
        return key

    def _trained_by(self, task: Task, arguments: dict[str, Any]) -> Task | None:
        """The task whose model a batch transform is to serve, where it says itself nothing of what serves it."""
        parameter = task.serves
        value = arguments.get(parameter) if parameter is not None else None
        if not isinstance(value, Reference) or "node" not in value.binding:
            return None
        key = next(node["task"] for node in reversed(self.nodes) if node["id"] == value.binding["node"])
        return self.tasks.get(key)

    def _node_id(self, given: str | None, key: str) -> str:
        if given is not None:
            if given in self._ids:
                raise SluiceError("GraphInvalid", f"Workflow '{self.workflow}': two nodes are called '{given}'.")
            self._ids[given] = 1
            return given
        count = self._ids.get(key, 0) + 1
        self._ids[key] = count
        if count == 1:
            return key
        id_ = f"{key}-{count}"
        return self._node_id(None, key) if id_ in self._ids else self._node_id(id_, key)

    def _bind(self, task: Task, key: str, arguments: dict[str, Any]) -> dict[str, Binding]:
        inputs: dict[str, Binding] = {}
        hyperparameters: dict[str, Binding] = {}
        for name, value in arguments.items():
            target = task.targets[name]
            if target.place == "ignored" or (value is None and target.optional):
                continue
            what = f"Task '{task.name}' ({task.file}): '{name}'"
            bound = self.bind(value, target.type, what)
            if target.place == "hyperparameter":
                hyperparameters[target.name] = bound
            else:
                inputs[target.name] = bound
        if hyperparameters:
            own = inputs.get("hyperparameters")
            merged = {**_entries(own), **hyperparameters} if own is not None else hyperparameters
            inputs["hyperparameters"] = {"map": merged}
        return inputs

    def _results(self, task: Task, key: str, id_: str) -> Any:
        artifacts = {name: each["type"] for name, each in self.graph_tasks[key]["interface"]["outputs"].items()}
        if len(task.results) > 1:
            results: dict[str, Reference] = {
                name: Reference(self, artifacts[output], {"node": id_, "output": output}, f"{name} of '{id_}'")
                for name, output in task.results.items()
            }
            return Results(self, id_, results, artifacts)
        for output in task.results.values():
            return Call(self, id_, artifacts[output], {"node": id_, "output": output}, artifacts)
        return Call(self, id_, "json", {}, artifacts)


class CallOptions:
    """What one call says of its node."""

    __slots__ = ("after", "name")

    def __init__(self, name: str | None = None, after: list[str] | None = None) -> None:
        self.name = name
        self.after = after


def _entries(own: Binding) -> dict[str, Binding]:
    if "map" in own:
        return own["map"]
    if "literal" in own:
        return {name: {"literal": value} for name, value in own["literal"].items()}
    raise SluiceError("GraphInvalid", "hyperparameters: a value that is not known yet cannot be mixed with others.")


def holds_reference(value: Any) -> bool:
    """Whether a reference lies anywhere in a value."""
    if isinstance(value, Reference):
        return True
    if isinstance(value, dict):
        entries: dict[Any, Any] = value
        return any(holds_reference(part) for part in entries.values())
    if isinstance(value, list | tuple):
        parts: list[Any] = list(value)
        return any(holds_reference(part) for part in parts)
    return False


def literal(value: Any, type_: str, what: str, directory: Path) -> Any:
    """A value of Python's as one of a graph. Raises SluiceError where it does not fit the type."""
    from .job.values import describe, encode

    if type_ == "uri":
        if isinstance(value, str) or hasattr(value, "__fspath__"):
            return to_uri(value, directory)
    elif type_ == "json":
        try:
            return encode(Any, value, what)
        except TypeError as error:
            raise SluiceError("GraphInvalid", f"{error}.") from None
    elif type_ == "string":
        if isinstance(value, str):
            return value
    elif type_ == "boolean":
        if isinstance(value, bool):
            return value
    elif isinstance(value, int | float if type_ == "float" else int) and not isinstance(value, bool):
        return value
    raise SluiceError("GraphInvalid", f"{what}: expected {_EXPECTED[type_]}, got {describe(value)}.")


def to_uri(place: Any, directory: Path) -> str:
    """A URI as it is; a path, relative to a directory, as `file://…`."""
    text = place.uri if hasattr(place, "uri") else str(place)
    head, separator, _ = text.partition("://")
    if separator and head.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return text
    slash = "/" if text.endswith("/") else ""
    path = (directory / text).absolute()
    import os
    from urllib.parse import quote

    return "file://" + quote(os.path.normpath(path), safe="/!$&'()*+,;=:@~") + slash


def canonical(graph: dict[str, Any]) -> str:
    """A graph as the text that its hash is made of."""
    shown = {key: value for key, value in graph.items() if key not in ("file", "description")}
    shown["tasks"] = {
        key: {name: _without_uri(part) for name, part in each.items() if name != "file"}
        for key, each in graph["tasks"].items()
    }
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _without_uri(part: Any) -> Any:
    if not isinstance(part, dict) or "bundle" not in part:
        return part
    code: dict[str, Any] = part
    return {**code, "bundle": {"digest": code["bundle"]["digest"]}}


def unknown(what: str, name: str, known: list[str]) -> SluiceError:
    """Something was named that there is not."""
    return SluiceError("GraphInvalid", f"{what} '{name}' is not known.", suggest(name, known))
