"""Scripts that train here, or as a training job."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from typing import Any

from .commands import Command
from .errors import ArgumentError
from .processing import script_of
from .training_args import TrainingConfig, sagemaker_training_args
from .training_env import sagemaker_env_args


class TrainingCommand(Command):
    """A training script as a command; its keywords are those of `sagemaker_training_args`."""

    def __init__(
        self,
        main: Callable[[Namespace], Any],
        script: Any = None,
        help: str | None = "Run training",  # noqa: A002
        metrics: Mapping[str, str] | None = None,
        **training_args: Any,
    ) -> None:
        super().__init__(help or "Run training")
        if not callable(main):
            raise ArgumentError(f"TrainingCommand: main: expected a function, got {main!r}.")
        self.main = main
        self.script = script_of(script, main)
        self.metrics = dict(metrics or {})
        self.training_args = training_args
        self.config: TrainingConfig | None = None

    def configure(self, parser: ArgumentParser) -> None:
        self.config = sagemaker_training_args(parser, self.script, **self.training_args)

    def run(self, args: Namespace) -> Any:
        if self.config is None:
            self.parser()
        assert self.config is not None
        where = getattr(args, "sagemaker_run", False)
        if where is False:
            return self.main(sagemaker_env_args(args, self.config))
        if where is True:
            from .training_job import run_training

            return run_training(args, self.config, self.metrics)
        from .platform import run_training_on

        return run_training_on(where, args, self.config, self.metrics)


def sagemaker_training_main(
    main: Callable[[Namespace], Any],
    script: Any = None,
    description: str | None = None,
    metrics: Mapping[str, str] | None = None,
    argv: list[str] | None = None,
    **training_args: Any,
) -> Any:
    """Calls `main` with the arguments of the command line: here, or with `--sagemaker-run` in a training job.

    `metrics` are regular expressions by the names of metrics. The keywords are those of `sagemaker_training_args`;
    `script` is main's file where it is not given.
    """
    return TrainingCommand(main, script, metrics=metrics, **training_args).run_command(description, argv)
