"""Workflows: functions that call tasks, and become graphs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from . import builder as building
from .builder import GraphBuilder, literal
from .code import Code
from .errors import SluiceError
from .functions import place_of
from .job.values import hints_of, is_named_tuple, kind_of, results_of
from .references import Binding, Call, Reference, Results
from .tasks import graph_name

if TYPE_CHECKING:
    from .bundles import Bundler

POLICIES = ("FAIL_IMMEDIATELY", "FAIL_AFTER_EXECUTABLE_NODES_COMPLETE")


class Workflow:
    """A workflow, ready to run."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function = function
        self.file, self.directory = place_of(function)
        what = f"Workflow '{function.__name__}' ({self.file})"
        self.what = what
        self.name = graph_name(options.get("name") or function.__name__, what)
        self.failure_policy: str | None = _policy(options.get("failure_policy"), what)
        self.signature = inspect.signature(function)
        functools.update_wrapper(self, function)
        self._builder, self._outputs, self.annotations = self._build()

    def __repr__(self) -> str:
        return f"<workflow '{self.name}' of {len(self._builder.nodes)} nodes>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Inside a workflow its nodes become part of that; elsewhere its tasks' functions are called here, as in a test."""
        return self.function(*args, **kwargs)

    @property
    def graph(self) -> dict[str, Any]:
        """The graph, with the code of its tasks by digest."""
        from .bundles import Bundler

        return self.compile(Bundler())

    @property
    def interface(self) -> dict[str, dict[str, Any]]:
        """Its inputs and outputs."""
        return {"inputs": self._builder.inputs, "outputs": {name: each[0] for name, each in self._outputs.items()}}

    def compile(self, bundler: Bundler) -> dict[str, Any]:
        """The graph; the bundles of its code are the bundler's."""
        root = _project(self.directory)
        tasks: dict[str, Any] = {}
        for key, task in self._builder.graph_tasks.items():
            made: dict[str, Any] = {**task, "file": _near(task["file"], root)}
            script: dict[str, Any] | None = made.get("script")
            if script is not None and isinstance(script["bundle"], Code):
                what = f"Task '{key}' ({task['file']})"
                made["script"] = {
                    "entry": script["entry"],
                    "bundle": {"digest": bundler.bundle(script["bundle"], what).digest},
                }
            tasks[key] = made
        return {
            "version": 2,
            "name": self.name,
            **({"description": inspect.cleandoc(self.function.__doc__)} if self.function.__doc__ else {}),
            "file": _near(self.file.rpartition(":")[0], root),
            **({"failurePolicy": self.failure_policy} if self.failure_policy else {}),
            "interface": self.interface,
            "outputs": {name: each[1] for name, each in self._outputs.items()},
            "tasks": tasks,
            "nodes": self._builder.nodes,
        }

    def steps(self) -> list[dict[str, Any]]:
        """Its nodes as a display of a run has them: id, type, the nodes that each depends on, its metrics' expressions."""
        tasks = self._builder.graph_tasks
        return [
            {
                "id": node["id"],
                "type": tasks[node["task"]]["type"],
                "dependsOn": _dependencies(node),
                "metrics": _metrics(tasks[node["task"]]),
            }
            for node in self._builder.nodes
        ]

    def _build(self) -> tuple[GraphBuilder, dict[str, tuple[dict[str, Any], Binding]], Any]:
        if building.current is not None:
            raise SluiceError(
                "GraphInvalid", f"{self.what}: it is defined inside workflow '{building.current.workflow}'."
            )
        builder = GraphBuilder(self.name, self.directory)
        hints = hints_of(self.function)
        arguments: dict[str, Any] = {}
        for name, parameter in self.signature.parameters.items():
            variable = self._input(name, parameter, hints.get(name, Any))
            builder.inputs[name] = variable
            arguments[name] = Reference(builder, variable["type"], {"input": name}, f"input '{name}'")
        building.current = builder
        try:
            result = self.function(**arguments)
            if inspect.iscoroutine(result):
                result.close()
                raise SluiceError("GraphInvalid", f"{self.what}: its function is async; nothing runs in it: use def.")
            outputs = self._read_outputs(builder, result, hints.get("return", inspect.Parameter.empty))
        finally:
            building.current = None
        return builder, outputs, hints.get("return")

    def _input(self, name: str, parameter: inspect.Parameter, annotation: Any) -> dict[str, Any]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise SluiceError("GraphInvalid", f"{self.what}: '{parameter}': expected parameters with names.")
        try:
            kind = kind_of(annotation)
        except TypeError as error:
            raise SluiceError("GraphInvalid", f"{self.what}: '{name}': {error}.") from None
        variable: dict[str, Any] = {"type": kind.type}
        if parameter.default is parameter.empty:
            return {**variable, "required": False} if kind.optional else variable
        if parameter.default is None:
            return {**variable, "required": False}
        what = f"{self.what}: the default of '{name}'"
        return {**variable, "default": literal(parameter.default, kind.type, what, self.directory)}

    def _read_outputs(
        self, builder: GraphBuilder, result: Any, annotation: Any
    ) -> dict[str, tuple[dict[str, Any], Binding]]:
        values = self._named_outputs(result, annotation)
        outputs: dict[str, tuple[dict[str, Any], Binding]] = {}
        for name, value in values.items():
            what = f"{self.what}: output '{name}'"
            type_ = value.type if isinstance(value, Reference) else _literal_type(value)
            bound = builder.bind(value, "json" if not isinstance(value, Reference) else type_, what)
            type_ = value.type if isinstance(value, Reference) else type_
            outputs[name] = ({"type": type_}, bound)
        return outputs

    def _named_outputs(self, result: Any, annotation: Any) -> dict[str, Any]:
        if result is None or (isinstance(result, Call) and not result.binding):
            return {}
        if isinstance(result, Results):
            return dict(zip(self._names(annotation) or result.results, result, strict=True))
        if isinstance(result, tuple):
            values: tuple[Any, ...] = result  # pyright: ignore[reportUnknownVariableType]
            names = getattr(values, "_fields", None) or self._names(annotation)
            return dict(zip(names or [f"o{index}" for index in range(len(values))], values, strict=True))
        if isinstance(result, dict) and annotation is inspect.Parameter.empty:
            entries: dict[str, Any] = result  # pyright: ignore[reportUnknownVariableType]
            return {str(name): value for name, value in entries.items()}
        return {"o0": result}

    def _names(self, annotation: Any) -> list[str] | None:
        if not is_named_tuple(annotation):
            return None
        return [name for name, _ in results_of(annotation) or []]


def _metrics(task: dict[str, Any]) -> dict[str, str]:
    """The regular expressions of a task's metrics, by name."""
    given: list[dict[str, str]] = task.get("metricDefinitions") or []
    return {each["Name"]: each["Regex"] for each in given if "Name" in each and "Regex" in each}


def _dependencies(node: dict[str, Any]) -> list[str]:
    """The nodes whose outputs a node takes, and those that it waits for."""
    found = dict.fromkeys(node.get("after", []))

    def look(binding: Any) -> None:
        if isinstance(binding, dict) and "literal" not in binding:
            parts: dict[str, Any] = binding  # pyright: ignore[reportUnknownVariableType]
            if isinstance(parts.get("node"), str) and "output" in parts:
                found[parts["node"]] = None
            for part in parts.values():
                look(part)
        elif isinstance(binding, list):
            items: list[Any] = binding  # pyright: ignore[reportUnknownVariableType]
            for item in items:
                look(item)

    for each in node["inputs"].values():
        look(each)
    return list(found)


def _literal_type(value: Any) -> str:
    for type_, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "float")):
        if isinstance(value, type_):
            return name
    return "json"


def _policy(given: Any, what: str) -> str | None:
    name = getattr(given, "name", given)
    if name is None or name in POLICIES:
        return name
    raise SluiceError("GraphInvalid", f"{what}: failure_policy: expected {' or '.join(POLICIES)}, got {given!r}.")


def _project(directory: Path) -> Path:
    for marker in (".git", "pyproject.toml"):
        for each in [directory, *directory.parents]:
            if (each / marker).exists():
                return each
    return directory


def _near(file: str, root: Path) -> str:
    path, _, line = file.rpartition(":") if file.rpartition(":")[2].isdigit() else (file, "", "")
    try:
        near = Path(path).relative_to(root).as_posix()
    except ValueError:
        near = path
    return f"{near}:{line}" if line else near


@overload
def workflow(function: Callable[..., Any], /) -> Workflow: ...
@overload
def workflow(*, name: str | None = None, failure_policy: Any = None) -> Callable[[Callable[..., Any]], Workflow]: ...
def workflow(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Makes a workflow of a function: it is called once, now, with what stands for values, and builds a graph."""
    if function is not None:
        return Workflow(function, {})
    return lambda each: Workflow(each, options)
