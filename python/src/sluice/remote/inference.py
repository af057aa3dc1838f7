"""A model in this process: model_fn, input_fn, predict_fn, output_fn of a module."""

from __future__ import annotations

import importlib
import mimetypes
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from .commands import Command
from .errors import ArgumentError

OUTPUT_TYPE = "application/json"
# Beside what every system knows.
_TYPES = {".jsonl": "application/jsonlines", ".npy": "application/x-npy", ".parquet": "application/x-parquet"}
_FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn")


class InferenceCommandConfig:
    """What is asked, of which model, and where the answer goes."""

    def __init__(
        self,
        module: str,
        input: str | None = None,  # noqa: A002
        output: str | None = None,
        model_dir: str | None = None,
        input_type: str | None = None,
        output_type: str = OUTPUT_TYPE,
    ) -> None:
        self.module = module
        self.input = input
        self.output = output
        self.model_dir = model_dir
        self.input_type = input_type
        self.output_type = output_type


class InferenceCommand(Command):
    """Runs a module's functions for inference on a file."""

    def __init__(self, config: InferenceCommandConfig, help: str = "Run inference") -> None:  # noqa: A002
        super().__init__(help)
        self.config = config

    def configure(self, parser: ArgumentParser) -> None:
        helps = {
            "module": "module with model_fn, input_fn, predict_fn and output_fn",
            "model_dir": "directory of the model",
            "input": "file that is asked",
            "input_type": "its content type; guessed from its name",
            "output": "file for the answer; printed without",
            "output_type": "content type of the answer",
        }
        for name, text in helps.items():
            parser.add_argument("--" + name.replace("_", "-"), default=getattr(self.config, name), help=text)

    def run(self, args: Namespace) -> Any:
        for name in ("module", "input", "model_dir"):
            if not getattr(args, name):
                raise ArgumentError(f"--{name.replace('_', '-')}: expected a value, got none.")
        model = LocalModel(args.module, args.model_dir)
        answer = model.ask(Path(args.input), args.input_type, args.output_type or OUTPUT_TYPE)
        write_answer(answer, args.output)
        return None if args.output else answer


class LocalModel:
    """A model that is loaded once."""

    def __init__(self, module: str, model_dir: str) -> None:
        if not Path(model_dir).is_dir():
            raise ArgumentError(f"--model-dir: {model_dir} is no directory.")
        self._module = importlib.import_module(module)
        missing = [name for name in _FUNCTIONS if not callable(getattr(self._module, name, None))]
        if missing:
            raise ArgumentError(f"--module: {module} has no {', '.join(missing)}.")
        self._model = self._module.model_fn(model_dir)

    def ask(self, file: Path, input_type: str | None, output_type: str) -> bytes:
        """The answer to what a file holds."""
        kind = input_type or guess_type(file)
        given = self._module.input_fn(file.read_bytes(), kind)
        answer = self._module.output_fn(self._module.predict_fn(given, self._model), output_type)
        # A function may answer with its content type, too.
        return as_bytes(answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer)


def model_of(model_dir: str) -> LocalModel:
    """The model of an unpacked archive, with its own `code/inference.py`."""
    code = Path(model_dir) / "code"
    sys.path.insert(0, str(code if code.is_dir() else Path(model_dir)))
    return LocalModel("inference", model_dir)


def guess_type(file: Path) -> str:
    """The content type of a file by its name. Raises ValueError."""
    found = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    if found is None:
        raise ArgumentError(f"--input-type: it cannot be guessed from '{file.name}'.", "Say it: --input-type text/csv")
    return found


def as_bytes(value: Any) -> bytes:
    """An answer as it is written: bytes, text, or pieces of them."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    return b"".join(as_bytes(each) for each in value)


def write_answer(answer: bytes, output: str | None) -> None:
    """Writes an answer into a file, or prints it."""
    if not output:
        sys.stdout.write(answer.decode("utf-8", "replace") + ("" if answer.endswith(b"\n") else "\n"))
        return
    file = Path(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(answer)
    part.replace(file)
    print(f"Wrote {output}")
