"""A trained model as what serves it needs it: arguments, code, and what else belongs to it."""

from __future__ import annotations

import inspect
import json
import os
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

from .paths import module_path
from .training import TrainingCommand


class ExportModelSpec:
    """What is put beside a model: `dependencies` by their names below its directory, and `args` as args.json."""

    def __init__(self, dependencies: Any = None, args: Any = None) -> None:
        given = dependencies or {}
        if not isinstance(given, dict):
            given = {os.path.basename(module_path("dependencies", each)): each for each in given}
        self.dependencies = {str(name): module_path(f"dependencies['{name}']", each) for name, each in given.items()}
        self.args: dict[str, Any] | None = vars(args) if isinstance(args, Namespace) else args


class ExportModelCommand(TrainingCommand):
    """Writes args.json, code/ and the dependencies into --model-dir, here or in a training job.

    A subclass may say what is exported by its arguments: `build_spec(args)`.
    """

    def __init__(self, spec: ExportModelSpec | None, help: str = "Export package", **training_args: Any) -> None:  # noqa: A002
        self.spec = spec
        training_args.setdefault("script", inspect.getfile(type(self)))
        super().__init__(self.export, help=help, **training_args)

    def build_spec(self, args: Namespace) -> ExportModelSpec:
        """What is exported."""
        del args
        return self.spec or ExportModelSpec()

    def export(self, args: Namespace) -> None:
        """Writes it."""
        export_model(self.build_spec(args), Path(args.model_dir))


def export_model(spec: ExportModelSpec, model_dir: Path) -> None:
    """Writes what a specification says into a directory."""
    (model_dir / "code").mkdir(parents=True, exist_ok=True)
    if spec.args is not None:
        (model_dir / "args.json").write_text(json.dumps(spec.args, default=str), encoding="utf-8")
    for name, place in spec.dependencies.items():
        target = model_dir / name
        if os.path.isdir(place):
            shutil.copytree(place, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".git"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, target)
