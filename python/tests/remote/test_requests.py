"""What is asked of SageMaker, and what a container makes of it, without a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

import sluice.remote as remote
from sluice.remote.commands import run_commands
from sluice.remote.fields import read_field
from sluice.remote.names import job_name
from sluice.remote.parsers import RemoteParser
from sluice.remote.processing_job import Channel, container_arguments, container_environment, plan_channels
from sluice.remote.runtime import runtime_files, runtime_zip
from sluice.remote.tags import clean_tag, tracking_tags
from sluice.remote.training_env import sagemaker_env_args
from sluice.remote.training_job import hyperparameters_of, program_of
from sluice.remote.values import resolve

NO_AWS: Any = None


def read(make: Any, argv: list[str], **given: Any) -> tuple[Namespace, Any]:
    parser = RemoteParser()
    config = make(parser, str(Path(__file__)), **given)
    return parser.parse_args(argv), config


def planned(tmp_path: Path, argv: list[str], **given: Any) -> tuple[Namespace, Any, dict[str, Channel]]:
    args, config = read(remote.sagemaker_processing_args, argv, **given)
    values = {key: str(getattr(args, key)) for key in config.inputs if getattr(args, key)}
    found = plan_channels(args, config, values, "s3://b/job/input", NO_AWS)
    return args, config, {each.name: each for each in found}


def test_each_upload_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "file.csv").write_text("1")
    (tmp_path / "conf.sh").write_text("export A=1")
    args, config, found = planned(
        tmp_path,
        ["--sagemaker-requirements", "requirements.txt", "--sagemaker-configuration-script", str(tmp_path / "conf.sh")],
        inputs={
            "folder": tmp_path / "dir",
            "one": tmp_path / "file.csv",
            "far": "s3://other/key",
            "none": remote.OPTIONAL,
        },
        outputs={"result": "out"},
        dependencies={"pkg": tmp_path / "dir"},
    )
    root, mount, modules = "s3://b/job/input", "/opt/ml/processing/input", "/opt/ml/processing/modules"
    script = "aws_sagemaker_remote_script"
    assert {name: (each.uri, each.mount) for name, each in found.items()} == {
        "folder": (f"{root}/folder", f"{mount}/folder"),
        "one": (f"{root}/one/file.csv", f"{mount}/one"),
        "far": ("s3://other/key", f"{mount}/far"),
        "pkg": (f"{root}/pkg", f"{modules}/pkg"),
        script: (f"{root}/{script}/test_requests.py", f"{modules}/{script}"),
        "aws_sagemaker_remote_requirements": (
            f"{root}/aws_sagemaker_remote_requirements/requirements.txt",
            f"{modules}/requirements_txt",
        ),
        "aws_sagemaker_remote_configuration_script": (
            f"{root}/aws_sagemaker_remote_configuration_script/conf.sh",
            f"{modules}/aws_sagemaker_remote_configuration_script",
        ),
        "code": (f"{root}/code", f"{mount}/code"),
    }
    assert len({each.mount for each in found.values()}) == len(found)
    environment = container_environment(args, config, list(found.values()))
    assert environment["AWS_SAGEMAKER_REMOTE_SCRIPT"] == f"{modules}/{script}/test_requests.py"
    assert environment["AWS_SAGEMAKER_REMOTE_REQUIREMENTS"] == f"{modules}/requirements_txt/requirements.txt"
    assert (environment["IS_SAGEMAKER"], environment["AWS_SAGEMAKER_REMOTE_PYTHON"]) == ("1", "python3")


def test_arguments_of_the_container(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("1")
    args, config, found = planned(
        tmp_path,
        ["--sagemaker-run=yes", "--flag", "no", "--sagemaker-job-name", "name"],
        inputs={"one": tmp_path / "file.csv", "none": remote.OPTIONAL},
        outputs={"result": "out"},
        dependencies={"pkg": tmp_path},
        additional_arguments=[("--flag", {}), ("--empty", {"default": ""}), ("--number", {"default": 3})],
    )
    arguments = container_arguments(args, config, list(found.values()), {"result": "default"}, NO_AWS)
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert {
        name: pairs[name]
        for name in ("--one", "--result", "--result-s3", "--pkg", "--sagemaker-run", "--flag", "--number")
    } == {
        "--one": "/opt/ml/processing/input/one/file.csv",
        "--result": "/opt/ml/processing/output/result",
        "--result-s3": "default",
        "--pkg": "/opt/ml/processing/modules/pkg",
        "--sagemaker-run": "False",
        "--flag": "no",
        "--number": "3",
    }
    assert not {"--none", "--empty", "--sagemaker-job-name"} & set(pairs)


def test_modules_are_packed_where_they_would_be_too_many(tmp_path: Path) -> None:
    few = {f"m{index}": tmp_path for index in range(8)}
    many = {f"m{index}": tmp_path for index in range(9)}
    assert planned(tmp_path, [], dependencies=few)[2]["m1"].mount == "/opt/ml/processing/modules/m1"
    args, config, found = planned(tmp_path, [], dependencies=many)
    assert found["m1"].mount == "/opt/ml/processing/modules/packed/m1"
    assert found["m1"].uri == "s3://b/job/input/aws_sagemaker_remote_modules/m1"
    assert container_environment(args, config, list(found.values()))["AWS_SAGEMAKER_REMOTE_PATHS"].endswith("/packed")
    inputs = {f"i{index}": tmp_path for index in range(9)}
    with pytest.raises(ValueError, match="at most 10 ProcessingInputs, and this one has 11: 9 inputs, 1 of the script"):
        planned(tmp_path, [], inputs=inputs)


@pytest.mark.parametrize(
    ("value", "count", "message"),
    [("x" * 257, 1, "--a0: SageMaker takes 256 characters"), ("x", 60, "SageMaker takes 100 ContainerArguments")],
)
def test_limits_are_told_before_anything_is_uploaded(tmp_path: Path, value: str, count: int, message: str) -> None:
    more = [(f"--a{index}", {"default": value}) for index in range(count)]
    args, config, found = planned(tmp_path, [], additional_arguments=more)
    with pytest.raises(ValueError, match=message):
        container_arguments(args, config, list(found.values()), {}, NO_AWS)


def test_hyperparameters_are_texts_by_the_names_of_flags(tmp_path: Path) -> None:
    args, _ = read(
        remote.sagemaker_training_args,
        ["--sagemaker-run", "--sagemaker-job-name", "n", "--data", "a", "--data", "b"],
        inputs={"data": remote.PathArgument(repeated=True)},
        additional_arguments=[("--learning-rate", {"default": 0.1, "type": float})],
    )
    found = hyperparameters_of(args, {"data_suffix": "x.csv"})
    wanted = {"sagemaker-run": "False", "learning-rate": "0.1", "data": "a,b", "data-suffix": "x.csv"}
    assert wanted.items() <= found.items()
    assert found["checkpoint-dir"] == "/opt/ml/checkpoints"
    assert "sagemaker-job-name" not in found
    assert program_of(args) == (Path(__file__).parent, "test_requests.py")
    args.sagemaker_source = str(tmp_path)
    with pytest.raises(ValueError, match=r"--sagemaker-source: .* does not hold the script"):
        program_of(args)


def test_in_the_container_the_toolkit_says_where_things_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1")
    args, config = read(
        remote.sagemaker_training_args,
        ["--one-suffix", "x.csv"],
        inputs={"one": "a", "many": "b", "none": remote.OPTIONAL},
    )
    outside = sagemaker_env_args(args, config)
    assert (outside.is_sagemaker, outside.one, outside.model_dir) == (False, "a", "output/model")
    facts = {
        "channel_input_dirs": {"one": str(tmp_path), "many_0": "/m/0", "many_b": "/m/b"},
        "output_data_dir": "/o",
        "model_dir": "/model",
        "job_name": "job",
    }
    monkeypatch.setenv("SM_TRAINING_ENV", json.dumps(facts))
    inside = sagemaker_env_args(args, config)
    assert (inside.is_sagemaker, inside.sagemaker_run, inside.sagemaker_job_name) == (True, False, "job")
    assert (inside.one, inside.model_dir, inside.output_dir) == (str(tmp_path / "x.csv"), "/model", "/o")
    assert (inside.many, inside.many_0, inside.none) == ({"0": "/m/0", "b": "/m/b"}, "/m/0", None)
    assert remote.is_sagemaker()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ProcessingOutputConfig.Outputs.out.S3Output.S3Uri", "s3://b/o"),
        ("ProcessingInputs.a.InputName", "a"),
        ("Results.succeeded.s3", "s3://b/k"),
        ("Report.s3", "s3://b/p/job-7/manifest.json"),
        ("Times.1", 2),
    ],
)
def test_fields_of_descriptions(field: str, expected: Any) -> None:
    document = {
        "ProcessingInputs": [{"InputName": "a"}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://b/o"}}]},
        "Results": [{"TaskExecutionStatus": "succeeded", "Bucket": "b", "Key": "k"}],
        "JobId": "7",
        "Report": {"Bucket": "arn:aws:s3:::b", "Prefix": "p"},
        "Times": [1, 2],
    }
    assert read_field(document, field) == expected
    with pytest.raises(ValueError, match="there is no 'absent' in the document"):
        read_field(document, "absent.x")


def test_values_are_read_from_left_to_right(tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text(json.dumps({"a": {"b": "s3://bucket/x"}}))
    known: Any = Namespace(bucket="default-bucket", client=lambda name: None)
    assert resolve(f"{file},json:a.b", known) == "s3://bucket/x"
    assert resolve("/data/x,sagemaker", known) == "s3://default-bucket/data/x"
    assert resolve('"a,b"', None, "x") == "a,b"
    assert (resolve("plain"), resolve(None), resolve("")) == ("plain", None, None)
    with pytest.raises(ValueError, match="--input: 'what:x' is no operation on values"):
        resolve("a,what:x", known, "--input")


def test_tags_say_where_a_script_came_from(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=b@c"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for command in (
        ["init", "-q", "-b", "main"],
        ["commit", "-q", "--allow-empty", "-m", "First, of all"],
        ["remote", "add", "origin", "https://me:secret@host/x.git"],
    ):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, env=environment)
    tags = {each["Key"]: each["Value"] for each in tracking_tags(str(tmp_path / "a.py"), BaseJobName="base")}
    assert tags["GitStatus"].endswith("-First-of-all") and tags["GitStatus"].startswith(tags["GitCommit"])
    assert (tags["GitOrigin"], tags["GitBranch"]) == ("https://host/x.git", "main")
    assert (tags["Source"], tags["BaseJobName"]) == ("aws-sagemaker-remote", "base")
    assert clean_tag("a b\t(c) ü") == "a-b-c-"
    assert clean_tag("x" * 300) == "x" * 253 + "..."


def test_names_of_jobs() -> None:
    assert job_name("mine", "x") == "mine"
    assert len(job_name("", "b" * 80)) == 63
    for given, base, message in [("a_b", "x", "--sagemaker-job-name"), ("", "a_b", "--sagemaker-base-job-name")]:
        with pytest.raises(ValueError, match=message):
            job_name(given, base)


def test_one_of_several_commands_runs_here_and_in_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Namespace] = []
    own = [("--x", {"default": "1"})]
    commands = {
        "first": remote.ProcessingCommand(__file__, seen.append, additional_arguments=own),
        "second": remote.TrainingCommand(seen.append, additional_arguments=own),
    }
    run_commands(commands, argv=["second", "--x", "2"])
    # As the arguments of a job: sorted by name, and flags alone.
    run_commands(commands, argv=["--sagemaker-remote-command", "first", "--x", "3"])
    assert [(each.x, each.sagemaker_remote_command) for each in seen] == [("2", "second"), ("3", "first")]
    assert "second" in run_commands(commands, dry_run=True).format_help()
    with pytest.raises(SystemExit) as exit_:
        run_commands(commands, argv=[])
    assert exit_.value.code == 1 and "usage:" in capsys.readouterr().err


def test_a_model_is_exported_and_asked_in_this_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = tmp_path / "serve"
    code.mkdir()
    (code / "inference_module.py").write_text(
        "import json\n"
        "def model_fn(model_dir): return json.load(open(model_dir + '/args.json'))\n"
        "def input_fn(body, kind): return (body.decode().strip(), kind)\n"
        "def predict_fn(given, model): return [*given, model['lr']]\n"
        "def output_fn(answer, accept): return json.dumps(answer), accept\n"
    )
    spec = remote.ExportModelSpec({"code": code}, {"lr": 5})
    remote.ExportModelCommand(spec).run_command(argv=["--model-dir", str(tmp_path / "model")])
    (tmp_path / "in.csv").write_text("1,2")
    sys.path.insert(0, str(tmp_path / "model" / "code"))
    config = remote.InferenceCommandConfig("inference_module", model_dir=str(tmp_path / "model"))
    command = remote.InferenceCommand(config)
    command.run_command(argv=["--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.json")])
    assert json.loads((tmp_path / "out.json").read_text()) == ["1,2", "text/csv", 5]
    with pytest.raises(ValueError, match="--input: expected a value"):
        command.run_command(argv=[])
    assert "Wrote" in capsys.readouterr().out


def test_what_a_job_gets_of_this_package_imports_alone(tmp_path: Path) -> None:
    (tmp_path / "runtime.zip").write_bytes(runtime_zip())
    names = [name for name, _ in runtime_files()]
    assert {"sluice/remote/processing.sh", "aws_sagemaker_remote/processing/args.py"} <= set(names)
    script = "import sluice.remote, aws_sagemaker_remote; from sluice import channel; print(sluice.remote.__file__)"
    environment = {"PYTHONPATH": str(tmp_path / "runtime.zip"), "PATH": os.environ["PATH"]}
    answer = subprocess.run(
        [sys.executable, "-S", "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "runtime.zip" in answer.stdout


@pytest.mark.parametrize(
    ("command", "status", "expected", "message"),
    [
        ("export A=b && echo ready", 0, "A is b", ""),
        ("exit_with() { return 3; }; exit_with", 3, "", "The configuration command failed with status 3."),
        ("yum install -y x", 127, "", "start the server with --executor container"),
    ],
)
def test_the_container_is_prepared_by_bash(
    tmp_path: Path, command: str, status: int, expected: str, message: str
) -> None:
    (tmp_path / "script.py").write_text("import os; print('A is', os.environ.get('A'))")
    shell = Path(remote.__file__).with_name("processing.sh")
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_SECRET_ACCESS_KEY": "hidden",
        "AWS_SAGEMAKER_REMOTE_SCRIPT": str(tmp_path / "script.py"),
        "AWS_SAGEMAKER_REMOTE_PYTHON": sys.executable,
        "AWS_SAGEMAKER_REMOTE_CONFIGURATION_COMMAND": command,
    }
    answer = subprocess.run(
        ["sh", str(shell), "--a", "b c"], env=environment, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, "hidden" in answer.stdout) == (status, False)
    assert expected in answer.stdout and message in answer.stderr


def test_files_of_a_directory_are_asked_in_this_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sluice.remote.cli import main

    code = tmp_path / "model" / "code"
    code.mkdir(parents=True)
    (code / "inference.py").write_text(
        "def model_fn(model_dir): return 'm'\n"
        "def input_fn(body, kind): return body.decode()\n"
        "def predict_fn(given, model): return given + model\n"
        "def output_fn(answer, accept): return answer + ' ' + accept\n"
    )
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    (data / "a.csv").write_text("1")
    (data / "sub" / "b.csv").write_text("2")
    command = ["endpoint", "invoke", "--model-dir", str(tmp_path / "model"), "--input"]
    assert main([*command, str(data), "--input-glob", "**/*.csv", "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "sub" / "b.csv.out").read_text() == "2m application/json"
    assert main([*command, str(data / "a.csv"), "--output-type", "text/plain"]) == 0
    assert capsys.readouterr().out.endswith("1m text/plain\n")
    for more, message in [
        ([str(data), "--name", "x"], "--model-dir: the model is asked in this process"),
        ([str(data / "a.csv"), "--input-glob", "*"], "--input-glob: it is for directories"),
        ([str(data / "none")], "--input: "),
        ([str(data), "--input-glob", "*.wav"], "--input-glob: no file of"),
    ]:
        assert main([*command, *more]) == 1
        assert message in capsys.readouterr().err
