"""Scripts that process data here, or as a processing job."""

from __future__ import annotations

import inspect
import os
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from . import s3
from .commands import Command
from .errors import ArgumentError
from .parsers import flag
from .processing_args import ProcessingConfig, sagemaker_processing_args
from .session import Session
from .values import resolve


class ProcessingCommand(Command):
    """A processing script as a command; its keywords are those of `sagemaker_processing_args`."""

    def __init__(
        self,
        script: Any = None,
        main: Callable[[Namespace], Any] | None = None,
        help: str | None = "SageMaker processing",  # noqa: A002
        **processing_args: Any,
    ) -> None:
        super().__init__(help or "SageMaker processing")
        if main is None:
            raise ArgumentError("ProcessingCommand: main: expected a function.")
        self.main = main
        self.script = script_of(script, main)
        self.processing_args = processing_args
        self.config: ProcessingConfig | None = None

    def configure(self, parser: ArgumentParser) -> None:
        self.config = sagemaker_processing_args(parser, self.script, **self.processing_args)

    def run(self, args: Namespace) -> Any:
        config = self.config or self._configured()
        where = args.sagemaker_run
        if where is False:
            return run_here(args, config, self.main)
        if where is True:
            from .processing_job import run_processing

            return run_processing(args, config)
        from .platform import run_processing_on

        return run_processing_on(where, args, config)

    def _configured(self) -> ProcessingConfig:
        self.parser()
        assert self.config is not None
        return self.config


def sagemaker_processing_main(
    main: Callable[[Namespace], Any],
    script: Any = None,
    description: str | None = None,
    argv: list[str] | None = None,
    **processing_args: Any,
) -> Any:
    """Calls `main` with the arguments of the command line: here, or with `--sagemaker-run` in a processing job.

    The keywords are those of `sagemaker_processing_args`; `script` is main's file where it is not given.
    """
    return ProcessingCommand(script, main, **processing_args).run_command(description, argv)


def script_of(script: Any, main: Any) -> str | None:
    """The file of a script: as it is given, that of an object, that of main."""
    if isinstance(script, (str, os.PathLike)) and os.fspath(script):
        return os.fspath(script)
    try:
        found: Any = script or main
        return inspect.getfile(found)
    except TypeError:
        return None


def run_here(args: Namespace, config: ProcessingConfig, main: Callable[[Namespace], Any]) -> Any:
    """Calls main; what is in S3 is brought first, and taken there afterwards."""
    if os.environ.get("IS_SAGEMAKER") == "1":
        return main(args)
    with ExitStack() as stack:
        session = _LazySession(args.sagemaker_profile)
        for key in config.inputs:
            setattr(args, key, _input(getattr(args, key), key, session, stack))
        outputs: dict[str, str] = {}
        for key in config.outputs:
            place = resolve(getattr(args, key), None if not _asks(getattr(args, key)) else session.get(), flag(key))
            if s3.is_s3(place):
                outputs[key] = place
                place = _directory(stack)
            setattr(args, key, place)
        answer = main(args)
        for key, uri in outputs.items():
            s3.upload(session.get().client("s3"), Path(getattr(args, key)), uri)
        return answer


def _input(value: Any, key: str, session: _LazySession, stack: ExitStack) -> Any:
    found = resolve(value, session.get() if _asks(value) else None, flag(key))
    if not s3.is_s3(found):
        return found
    return str(s3.download(session.get().client("s3"), found, Path(_directory(stack))))


def _asks(value: Any) -> bool:
    """Whether a value may need AWS to be read."""
    return isinstance(value, str) and "," in value and not os.path.exists(value)


def _directory(stack: ExitStack) -> str:
    return stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-remote-"))


class _LazySession:
    """Most scripts that run here never need AWS."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._session: Session | None = None

    def get(self) -> Session:
        self._session = self._session or Session(self._profile)
        return self._session
