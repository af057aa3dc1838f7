"""Every argument of the runner: its flag, its default, and what is refused."""

from __future__ import annotations

import types
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

import sluice.remote as remote
from sluice.remote import OPTIONAL, PathArgument, sagemaker_processing_args, sagemaker_training_args
from sluice.remote.images import PROCESSING, TRAINING
from sluice.remote.modes import api_mode
from sluice.remote.parsers import RemoteParser
from sluice.remote.paths import path_arguments

ACCOUNT = "763104351884"
PROCESSING_FLAGS: list[tuple[str, str, Any, Any, str, Any]] = [
    # argument, flag, default, another value of the argument, a value of the flag, what that is
    ("profile", "--sagemaker-profile", "default", "p", "other", "other"),
    ("run", "--sagemaker-run", False, True, "yes", True),
    ("wait", "--sagemaker-wait", True, False, "no", False),
    ("python", "--sagemaker-python", "python3", "python3.9", "python", "python"),
    ("job_name", "--sagemaker-job-name", "", "job", "name", "name"),
    ("base_job_name", "--sagemaker-base-job-name", "processing-job", "base", "other", "other"),
    ("runtime_seconds", "--sagemaker-runtime-seconds", 3600, 60, "7", 7),
    ("role", "--sagemaker-role", "aws-sagemaker-remote-processing-role", "r", "role", "role"),
    ("requirements", "--sagemaker-requirements", None, "r.txt", "a.txt", "a.txt"),
    ("configuration_script", "--sagemaker-configuration-script", None, "c.sh", "a.sh", "a.sh"),
    ("configuration_command", "--sagemaker-configuration-command", None, "true", "a && b", "a && b"),
    ("image", "--sagemaker-image", "aws-sagemaker-remote-processing:latest", "i:1", "j:2", "j:2"),
    ("image_path", "--sagemaker-image-path", PROCESSING.path, "p", "q", "q"),
    ("image_accounts", "--sagemaker-image-accounts", ACCOUNT, "1,2", "3", "3"),
    ("instance", "--sagemaker-instance", "ml.t3.medium", "ml.m5.large", "ml.c5.large", "ml.c5.large"),
    ("volume_size", "--sagemaker-volume-size", 30, 50, "60", 60),
    ("output_json", "--sagemaker-output-json", None, "o.json", "a.json", "a.json"),
    ("input_mount", "--sagemaker-input-mount", "/opt/ml/processing/input", "/opt/ml/processing/i", "/a", "/a"),
    ("output_mount", "--sagemaker-output-mount", "/opt/ml/processing/output", "/opt/ml/processing/o", "/a", "/a"),
    ("module_mount", "--sagemaker-module-mount", "/opt/ml/processing/modules", "/opt/ml/processing/m", "/a", "/a"),
]
TRAINING_FLAGS: list[tuple[str, str, Any, Any, str, Any]] = [
    ("profile", "--sagemaker-profile", "default", "p", "other", "other"),
    ("run", "--sagemaker-run", False, "local", "Kubernetes", "kubernetes"),
    ("wait", "--sagemaker-wait", True, False, "off", False),
    ("source", "--sagemaker-source", "", "src", "lib", "lib"),
    ("spot_instances", "--sagemaker-spot-instances", False, True, "t", True),
    ("max_run", "--sagemaker-max-run", 43200, 10, "20", 20),
    ("max_wait", "--sagemaker-max-wait", 86400, 10, "20", 20),
    (
        "training_instance",
        "--sagemaker-training-instance",
        "ml.m5.large",
        "ml.c5.large",
        "ml.p3.2xlarge",
        "ml.p3.2xlarge",
    ),
    ("training_image", "--sagemaker-training-image", "aws-sagemaker-remote-training:latest", "i:1", "j:2", "j:2"),
    ("training_image_path", "--sagemaker-training-image-path", TRAINING.path, "p", "q", "q"),
    ("training_image_accounts", "--sagemaker-training-image-accounts", ACCOUNT, "1,2", "3", "3"),
    ("training_role", "--sagemaker-training-role", "aws-sagemaker-remote-training-role", "r", "role", "role"),
    ("base_job_name", "--sagemaker-base-job-name", "training-job", "b", "c", "c"),
    ("job_name", "--sagemaker-job-name", "", "b", "c", "c"),
    ("experiment_name", "--sagemaker-experiment-name", None, "e", "f", "f"),
    ("trial_name", "--sagemaker-trial-name", None, "e", "f", "f"),
    ("volume_size", "--sagemaker-volume-size", 30, 50, "60", 60),
    ("output_json", "--sagemaker-output-json", None, "o.json", "a.json", "a.json"),
    ("model_dir", "--model-dir", "output/model", "m", "n", "n"),
    ("output_dir", "--output-dir", "output/output", "m", "n", "n"),
    ("checkpoint_dir", "--checkpoint-dir", "output/checkpoint", "m", "n", "n"),
    ("checkpoint_s3", "--sagemaker-checkpoint-s3", "default", "s3://b/c", "s3://b/d", "s3://b/d"),
    ("checkpoint_container", "--sagemaker-checkpoint-container", "/opt/ml/checkpoints", "/opt/ml/c", "/a", "/a"),
    ("checkpoint_initial", "--checkpoint-initial", None, "c", "s3://b/d", "s3://b/d"),
]


def parse(make: Any, argv: list[str], **given: Any) -> Namespace:
    parser = RemoteParser()
    make(parser, "script.py", **given)
    return parser.parse_args(argv)


def processing(argv: list[str], **given: Any) -> Namespace:
    options = {"inputs": {"input": "in"}, "outputs": {"output": ("out", "default")}, **given}
    return parse(sagemaker_processing_args, argv, **options)


def training(argv: list[str], **given: Any) -> Namespace:
    return parse(sagemaker_training_args, argv, **{"inputs": {"input": "in"}, **given})


@pytest.mark.parametrize(
    ("read", "row"),
    [(processing, row) for row in PROCESSING_FLAGS] + [(training, row) for row in TRAINING_FLAGS],
    ids=lambda value: value[0] if isinstance(value, tuple) else value.__name__,
)
def test_each_argument_is_the_default_of_its_flag(read: Any, row: tuple[str, str, Any, Any, str, Any]) -> None:
    argument, flag, default, other, text, value = row
    member = flag[2:].replace("-", "_")
    assert getattr(read([]), member) == default
    assert getattr(read([], **{argument: other}), member) == other
    assert getattr(read([flag, text]), member) == value
    assert getattr(read([f"{flag}={text}"], **{argument: other}), member) == value


def test_inputs_outputs_and_modules_have_flags_of_their_own() -> None:
    found = processing(
        ["--output-s3", "s3://b/o", "--input-mode=Pipe"], dependencies={"pkg": "lib"}, modules={"more": types}
    )
    assert (found.input, found.input_mode) == ("in", "Pipe")
    assert (found.output, found.output_s3, found.output_mode) == ("out", "s3://b/o", "EndOfJob")
    assert (found.pkg, found.more) == ("lib", types.__file__)
    trained = training(
        ["--input-repeat", "2", "--input-shuffle"], inputs={"input": PathArgument("in", mode="PipeWrapped")}
    )
    assert (trained.input_mode, trained.input_repeat, trained.input_shuffle, trained.input_suffix) == (
        "PipeWrapped",
        2,
        True,
        None,
    )


def test_repeated_inputs_take_several_values() -> None:
    inputs = {"data": PathArgument(repeated=True), "one": OPTIONAL}
    assert training(["--data", "a", "--data", "b"], inputs=inputs).data == ["a", "b"]
    assert training([], inputs=inputs).one is None


@pytest.mark.parametrize("word", ["y", "yes", "t", "true", "on", "1", "YES"])
def test_words_for_yes(word: str) -> None:
    assert training(["--sagemaker-spot-instances", word]).sagemaker_spot_instances is True
    assert training(["--sagemaker-run", word]).sagemaker_run is True
    assert training(["--sagemaker-run"]).sagemaker_run is True


@pytest.mark.parametrize("word", ["n", "no", "f", "false", "off", "0", "False"])
def test_words_for_no(word: str) -> None:
    assert training(["--sagemaker-wait", word]).sagemaker_wait is False
    assert training(["--sagemaker-run", word], run=True).sagemaker_run is False


def test_without_sagemaker_its_flags_are_not_there_and_main_runs(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Namespace] = []
    remote.sagemaker_training_main(
        seen.append, argv=["--model-dir", "m"], enable_sagemaker=False, dependencies={"a": "b"}
    )
    assert (seen[0].model_dir, seen[0].is_sagemaker) == ("m", False)
    assert not [name for name in vars(seen[0]) if name.startswith("sagemaker_") or name in ("a", "checkpoint_initial")]
    with pytest.raises(SystemExit):
        remote.sagemaker_training_main(seen.append, argv=["--sagemaker-run"], enable_sagemaker=False)
    assert "--sagemaker-run" in capsys.readouterr().err


def test_arguments_of_ones_own_in_three_ways() -> None:
    given = [{"dest": "--filter-width", "default": 32, "help": "w"}, (["-z", "--zoom"], {"type": int}), ("--plain", {})]
    found = processing(["--filter-width", "5", "-z", "2"], additional_arguments=given)
    assert (found.filter_width, found.zoom, found.plain) == ("5", 2, None)
    assert training(["--a", "1"], argparse_callback=lambda parser: parser.add_argument("--a", type=int)).a == 1
    assert processing(["--a", "1"], argparse_callback=lambda group: group.add_argument("--a", type=int)).a == 1


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--input", "a", "--input", "b"], "argument --input: expected once, got several times"),
        (["--sagemaker-run=yes", "--sagemaker-run=no"], "argument --sagemaker-run: expected once"),
        (["--input", ""], "argument --input: expected a value, got an empty one"),
        (["--mine="], "argument --mine: expected a value, got an empty one"),
        (["--sagemaker-wait", "maybe"], "argument --sagemaker-wait: expected yes or no, got 'maybe'"),
        (["--sagemaker-run", "a b"], "argument --sagemaker-run: expected no, yes, or a platform such as local"),
        (["--sagemaker-volume-size", "big"], "argument --sagemaker-volume-size"),
        (["--input-mode", "Fast"], "argument --input-mode"),
    ],
)
def test_a_bad_command_line_names_the_parameter(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        processing(argv, additional_arguments=[("--mine", {})])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"outputs": {"input": "x"}}, "the name 'input' is one of inputs, too"),
        ({"inputs": {"code": "x"}}, "the name 'code' is taken"),
        ({"inputs": {"sagemaker_x": "x"}}, "the name 'sagemaker_x' is taken"),
        ({"inputs": {"a b": "x"}}, "inputs: expected names such as 'train_data', got 'a b'"),
        ({"inputs": {"a": 5}}, r"inputs\['a'\]: expected a path"),
        ({"inputs": ["a"]}, "inputs: expected a dict"),
        ({"inputs": {"a": PathArgument("x", mode="EndOfJob")}}, r"inputs\['a'\]: mode: expected one of File, Pipe"),
        ({"outputs": {"a": PathArgument("x", mode="File")}}, "expected one of EndOfJob, Continuous"),
        ({"dependencies": {"a": 5}}, r"dependencies\['a'\]: expected a path or a module"),
        ({"additional_arguments": [{"default": 1}]}, r"additional_arguments\[0\]: expected a flag"),
        ({"additional_arguments": [5]}, r"additional_arguments\[0\]: expected a dict"),
        ({"additional_arguments": [("--input", {})]}, r"additional_arguments\[0\]: .*conflicting"),
        ({"argparse_callback": lambda group: group.add_argument("--output")}, "argparse_callback: .*conflicting"),
    ],
)
def test_a_bad_definition_names_the_argument(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        processing([], **given)


def test_paths_in_all_their_forms() -> None:
    found = path_arguments(
        "inputs",
        {"a": "x", "b": ("x", "s3://b/k"), "c": PathArgument(Path("x"), mode="Pipe"), "d": None, "e-f": Path("y")},
    )
    assert [(each.local, each.remote) for each in found.values()] == [
        ("x", "default"),
        ("x", "s3://b/k"),
        ("x", "default"),
        (None, "default"),
        ("y", "default"),
    ]
    assert list(found)[-1] == "e_f"
    given = PathArgument("a", "b", True, "Pipe", ["c"], 2, True, True)
    assert vars(given.copy(local="z")) == {**vars(given), "local": "z"}
    with pytest.raises(ValueError, match="mode: expected one of File"):
        PathArgument("a", mode="Quick")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, ("File", "S3Prefix", None)),
        ("File", ("File", "S3Prefix", None)),
        ("EndOfJob", ("EndOfJob", "S3Prefix", None)),
        ("Continuous", ("Continuous", "S3Prefix", None)),
        ("Pipe", ("Pipe", "S3Prefix", None)),
        ("PipeWrapped", ("Pipe", "S3Prefix", "RecordIO")),
        ("ManifestFile", ("Pipe", "ManifestFile", None)),
        ("ManifestFileWrapped", ("Pipe", "ManifestFile", "RecordIO")),
        ("ManifestFolder", ("Pipe", "ManifestFile", None)),
        ("ManifestFolderWrapped", ("Pipe", "ManifestFile", "RecordIO")),
        ("AugmentedManifestFile", ("Pipe", "AugmentedManifestFile", None)),
        ("AugmentedManifestFileWrapped", ("Pipe", "AugmentedManifestFile", "RecordIO")),
        ("AugmentedManifestFolder", ("Pipe", "AugmentedManifestFile", None)),
        ("AugmentedManifestFolderWrapped", ("Pipe", "AugmentedManifestFile", "RecordIO")),
    ],
)
def test_modes(mode: str | None, expected: tuple[str, str, str | None]) -> None:
    assert tuple(api_mode(mode)) == expected


def test_parsers_for_documentation_and_the_names_of_the_other_package() -> None:
    import aws_sagemaker_remote as other
    from aws_sagemaker_remote import args, commands, processing, training
    from aws_sagemaker_remote.inference.command import InferenceCommand
    from aws_sagemaker_remote.inference.package import ExportModelCommand
    from aws_sagemaker_remote.processing.args import sagemaker_processing_parser_for_docs
    from aws_sagemaker_remote.processing.main import sagemaker_processing_main
    from aws_sagemaker_remote.training.main import sagemaker_training_main

    assert "--my-module" in sagemaker_processing_parser_for_docs().format_help()
    assert "--input-shuffle" in remote.sagemaker_training_parser_for_docs().format_help()
    assert other.sagemaker_processing_main is sagemaker_processing_main is processing.sagemaker_processing_main
    assert other.sagemaker_training_main is sagemaker_training_main is training.sagemaker_training_main
    assert args.PathArgument is remote.PathArgument and args.OPTIONAL.optional
    assert commands.run_commands is remote.run_commands
    assert (InferenceCommand, ExportModelCommand) == (remote.InferenceCommand, remote.ExportModelCommand)
