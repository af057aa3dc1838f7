from __future__ import annotations

import importlib.util
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SEED = Path(__file__).parent / "seed"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., ModuleType]:
    """Writes a module, and imports it: functions have a source then."""

    def load_module(text: str, name: str | None = None) -> ModuleType:
        name = name or f"module_{uuid.uuid4().hex[:8]}"
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load_module


@pytest.fixture
def seed() -> Callable[[str], str]:
    """The code of a guide, as it is written there."""
    return lambda name: (SEED / f"{name}.py").read_text()
