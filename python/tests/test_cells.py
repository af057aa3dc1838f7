"""Functions of a notebook: their source goes along, with that of what they use."""

from __future__ import annotations

import linecache
import sys

import pytest

from sluice import SluiceError
from sluice.bundles import Bundler

CELLS = [
    """
import json
from collections import OrderedDict as Ordered
from dataclasses import dataclass
from typing import Dict, List

from sluice import task

LIMIT = {"rows": 3}
handle = open("/dev/null")


class Base:
    pass


@dataclass
class Info(Base):
    names: List[str]


def helper(x):
    return again(x) if x else json.dumps(LIMIT)


def again(x):
    return helper(0)
""",
    """
@task(requirements=[])
def first(x: int) -> Info:
    # A comment goes along.
    return Info([helper(x), str(Ordered())])

@task
def second(x: int) -> str:
    return handle.read()
""",
]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "__main__"}
    for index, cell in enumerate(CELLS):
        file = f"<ipython-input-{index}>"
        monkeypatch.setitem(linecache.cache, file, (len(cell), None, cell.splitlines(keepends=True), file))
        for name in [name for name in names if not name.startswith("__")]:
            monkeypatch.setattr(sys.modules["__main__"], name, names[name], raising=False)
        exec(compile(cell, file, "exec"), names)
    return names


def test_a_cells_function_brings_what_it_uses(notebook):
    bundle = Bundler().bundle(notebook["first"].code, "first")
    text = next(file.read().decode() for file in bundle.files if file.path == "sluice_cells.py")
    made: dict[str, object] = {"__name__": "sluice_cells"}
    sys.modules["sluice_cells"] = type(sys)("sluice_cells")
    exec(compile(text, "sluice_cells.py", "exec"), made)
    assert made["first"](1).names == ['{"rows": 3}', "OrderedDict()"]
    assert "# A comment goes along." in text and "@task" not in text and "handle" not in text


def test_what_cannot_go_along_is_named(notebook):
    with pytest.raises(
        SluiceError, match="it uses 'handle' of the notebook, which cannot go to a job: it is of type Text"
    ):
        Bundler().bundle(notebook["second"].code, "second")
