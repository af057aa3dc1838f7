"""Values that a run will have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import SluiceError

if TYPE_CHECKING:
    from .builder import GraphBuilder

Binding = dict[str, Any]


class Reference:
    """A workflow's input or an output of a task, while the graph is built: pass it to a task, or return it."""

    __slots__ = ("binding", "builder", "label", "type")

    def __init__(self, builder: GraphBuilder, type_: str, binding: Binding, label: str) -> None:
        self.builder = builder
        self.type = type_
        self.binding = binding
        self.label = label

    def __repr__(self) -> str:
        return f"<{self.label}, known once it has run>"

    def _no_value(self, *_: object) -> NoReturn:
        raise TypeError(
            f"{self.label} has no value while the graph is built: pass it to a task as it is, and compute in a task."
        )

    __add__ = __radd__ = __bool__ = __contains__ = __fspath__ = __getitem__ = __len__ = __str__ = _no_value
    __lt__ = __le__ = __gt__ = __ge__ = __mul__ = __sub__ = __truediv__ = __int__ = __float__ = _no_value

    def __format__(self, _: str) -> str:
        self._no_value()

    def __iter__(self) -> Iterator[Any]:
        self._no_value()


class Call(Reference):
    """What a call of a task gives: its result, with what its job leaves as attributes, such as `.model`."""

    __slots__ = ("artifacts", "node")

    def __init__(
        self, builder: GraphBuilder, node: str, type_: str, binding: Binding, artifacts: dict[str, str]
    ) -> None:
        super().__init__(builder, type_, binding, f"the result of '{node}'")
        self.node = node
        self.artifacts = artifacts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return artifact(self.builder, self.node, self.artifacts, name)


class Results(tuple[Reference, ...]):
    """Several results of one call, in their order; by name too, beside what the job leaves."""

    def __new__(cls, builder: GraphBuilder, node: str, results: dict[str, Reference], artifacts: dict[str, str]):
        made = super().__new__(cls, tuple(results.values()))
        made.builder, made.node, made.results, made.artifacts = builder, node, results, artifacts
        return made

    builder: GraphBuilder
    node: str
    results: dict[str, Reference]
    artifacts: dict[str, str]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("results", "artifacts", "node", "builder"):
            raise AttributeError(name)
        if name in self.results:
            return self.results[name]
        return artifact(self.builder, self.node, self.artifacts, name)


def artifact(builder: GraphBuilder, node: str, artifacts: dict[str, str], name: str) -> Reference:
    """One of the things that a job leaves."""
    type_ = artifacts.get(name)
    if type_ is None:
        there = ", ".join(artifacts) or "nothing"
        raise SluiceError("GraphInvalid", f"Node '{node}' leaves no '{name}'.", f"It leaves: {there}.")
    return Reference(builder, type_, {"node": node, "output": name}, f"{name} of '{node}'")
