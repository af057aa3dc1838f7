"""Scripts as jobs of a real server."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sluice.pytest_plugin import SluiceServer
from sluice.remote.cli import main as cli
from sluice.remote.session import Session

DEMO = Path(__file__).parent / "demo" / "steps.py"


@pytest.fixture(scope="module")
def server() -> Any:
    from sluice import pytest_plugin

    with pytest.MonkeyPatch.context() as monkeypatch:
        yield from pytest_plugin._serve(monkeypatch)


def demo(directory: Path, *arguments: str) -> str:
    """Runs the demo by its command line; answers what it prints."""
    answer = subprocess.run(
        [sys.executable, str(DEMO), *arguments], cwd=directory, capture_output=True, text=True, check=False, timeout=600
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Runs a command of `sluice remote`; answers what it prints."""
    assert cli(list(arguments)) == 0, capsys.readouterr().err
    return capsys.readouterr().out.strip()


def read_object(server: SluiceServer, uri: str) -> bytes:
    bucket, _, key = uri[len("s3://") :].partition("/")
    return server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


EXPECTED = {"text": "SOME TEXT", "names": ["__init__.py"], "width": 7, "set": "yes"}


def test_a_processing_job_has_its_data_modules_and_arguments(
    server: SluiceServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = demo(tmp_path, "prepare", "--sagemaker-run", "--width", "7", "--sagemaker-output-json", "out/job.json")
    assert "prepared" in log
    field = "ProcessingOutputConfig.Outputs.output.S3Output.S3Uri"
    value = f"{tmp_path}/out/job.json,json:ProcessingJobName,processing:{field}"
    place = printed(capsys, "json", "parse", value)
    assert json.loads(read_object(server, f"{place}/result.json")) == EXPECTED
    assert printed(capsys, "json", "read", f"{tmp_path}/out/job.json", field) == place
    job = json.loads((tmp_path / "out" / "job.json").read_text())
    assert printed(capsys, "processing", "describe", job["ProcessingJobName"], "ProcessingJobStatus") == "Completed"
    assert job["AppSpecification"]["ContainerArguments"][-2:] == ["--sagemaker-remote-command", "prepare"]
    tags = server.client("sagemaker").list_tags(ResourceArn=job["ProcessingJobArn"])["Tags"]
    assert {"Key": "Source", "Value": "aws-sagemaker-remote"} in tags


def test_a_training_job_has_channels_checkpoints_and_an_experiment(
    server: SluiceServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.txt").write_text(name)
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "epoch-1").write_text("1")
    demo(
        tmp_path,
        *(
            "train",
            "--sagemaker-run=yes",
            "--parts",
            "a",
            "--parts",
            "b",
            "--rate",
            "0.5",
            "--checkpoint-initial",
            "checkpoint",
        ),
        *("--sagemaker-experiment-name", "exp", "--sagemaker-trial-name", "one", "--sagemaker-job-name", "trained"),
    )
    sagemaker = server.client("sagemaker")
    job = sagemaker.describe_training_job(TrainingJobName="trained")
    archive = read_object(server, job["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as model:
        member = model.extractfile("found.json")
        assert member is not None
        assert json.load(member) == {
            "parts": ["a", "b"],
            "text": "some text",
            "checkpoints": ["epoch-1"],
            "rate": 0.5,
            "env": "through",
            "sagemaker": True,
        }
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["text", "parts_0", "parts_1"]
    assert (job["FinalMetricDataList"][0]["Value"], job["EnableManagedSpotTraining"]) == (0.75, False)
    assert job["HyperParameters"]["rate"] == '"0.5"'
    assert job["CheckpointConfig"]["S3Uri"].endswith("/trained/checkpoints")
    component = sagemaker.describe_trial_component(TrialComponentName="trained-aws-training-job")
    assert (component["Status"]["PrimaryStatus"], component["Metrics"][0]["Last"]) == ("Completed", 0.75)
    model = ("model", "create", "--job", "trained", "--inference-image", "sluice/python:3")
    assert printed(capsys, *model).endswith(":model/trained")
    assert cli(list(model)) == 1 and "--force replaces it" in capsys.readouterr().err
    printed(capsys, *model, "--force")
    assert printed(capsys, "model", "describe", "trained", "PrimaryContainer.Mode") == "SingleModel"
    assert printed(capsys, "endpoint-config", "create", "--model", "trained").endswith(":endpoint-config/trained")
    variants = printed(capsys, "endpoint-config", "describe", "trained", "ProductionVariants.0.VariantName")
    assert variants == "trained"
    for kind in ("endpoint-config", "model"):
        printed(capsys, kind, "delete", "trained")
        assert cli([kind, "describe", "trained"]) == 1 and "Could not find" in capsys.readouterr().err


INFERENCE = """
import { readFileSync } from 'node:fs';
export const modelFn = (directory) => JSON.parse(readFileSync(directory + '/scale.json', 'utf8'));
export const predictFn = (input, { scale }) => ({ scaled: input.value * scale });
"""


def test_a_model_from_its_upload_to_its_deletion(
    server: SluiceServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, rows = tmp_path / "model", tmp_path / "rows"
    (model / "code").mkdir(parents=True)
    rows.mkdir()
    (model / "scale.json").write_text('{"scale": 3}')
    (model / "code" / "inference.mjs").write_text(INFERENCE)
    for each in (1, 2):
        (rows / f"{each}.json").write_text(json.dumps({"value": each}))
    uploaded = printed(capsys, "s3", "upload", str(model), "models/scale.tar.gz", "--gz")
    assert uploaded.endswith("/models/scale.tar.gz")
    printed(capsys, "s3", "upload", str(rows), "rows")
    image = ("--inference-image", "sluice/node:24")
    printed(capsys, "model", "create", "--name", "scale", "--model-artifact", "models/scale.tar.gz", *image)

    places = ("--input-s3", "rows,sagemaker", "--output-s3", "scaled,sagemaker")
    types = ("--input-type", "application/json", "--output-type", "application/json")
    said = tmp_path / "transform.json"
    named = ("--job-name", "scaling", "--model-name", "scale", "--output-json", str(said))
    arn = printed(capsys, "transform", "create", *named, *places, *types)
    assert arn.endswith(":transform-job/scaling") and json.loads(said.read_text())["TransformJobArn"] == arn
    sagemaker = server.client("sagemaker")
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
        TransformJobName="scaling", WaiterConfig={"Delay": 1, "MaxAttempts": 600}
    )
    job = sagemaker.describe_transform_job(TransformJobName="scaling")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert json.loads(read_object(server, job["TransformOutput"]["S3OutputPath"] + "/2.json.out")) == {"scaled": 6}

    printed(capsys, "endpoint-config", "create", "--model", "scale", "--instance-type", "ml.m5.large")
    assert printed(capsys, "endpoint", "create", "--config", "scale").endswith(":endpoint/scale")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName="scale", WaiterConfig={"Delay": 1, "MaxAttempts": 600}
    )
    assert printed(capsys, "endpoint", "describe", "scale", "EndpointStatus") == "InService"
    asked = printed(capsys, "endpoint", "invoke", "--name", "scale", "--input", str(rows / "1.json"))
    assert json.loads(asked) == {"scaled": 3}
    printed(capsys, "endpoint", "invoke", "--name", "scale", "--input", str(rows), "--output", str(tmp_path / "told"))
    assert json.loads((tmp_path / "told" / "2.json.out").read_text()) == {"scaled": 6}
    for kind in ("endpoint", "endpoint-config", "model"):
        printed(capsys, kind, "delete", "scale")


def test_a_platform_by_its_name(server: SluiceServer, tmp_path: Path) -> None:
    # The home is served already: that server is found.
    log = demo(tmp_path, "prepare", "--sagemaker-run", "local", "--width", "7", "--sagemaker-output-json", "run.json")
    assert "prepared" in log
    place = next(line.split(": ", 1)[1] for line in log.splitlines() if line.startswith("output: "))
    assert json.loads(read_object(server, f"{place.rstrip('/')}/result.json")) == EXPECTED


def test_what_is_in_s3_comes_and_goes_here_too(
    server: SluiceServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = Session().bucket
    assert (
        printed(capsys, "s3", "upload", str(DEMO.with_name("text.txt")), "in/text.txt") == f"s3://{bucket}/in/text.txt"
    )
    demo(tmp_path, "prepare", "--text", "in/text.txt,sagemaker", "--width", "7", "--output", f"s3://{bucket}/out/here")
    assert json.loads(read_object(server, f"s3://{bucket}/out/here/result.json")) == {**EXPECTED, "set": None}
    printed(capsys, "s3", "upload", "--gz", "--root", "code", str(DEMO.parent), "in/demo.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(read_object(server, f"s3://{bucket}/in/demo.tar.gz"))) as archive:
        assert "code/steps.py" in archive.getnames()
    (tmp_path / "manifest").write_text(f'{{"file-ref": "s3://{bucket}/in/text.txt"}}\n' * 3)
    printed(
        capsys,
        "s3",
        "concat",
        "--manifest",
        str(tmp_path / "manifest"),
        "--limit",
        "2",
        "--output",
        str(tmp_path / "two"),
    )
    assert (tmp_path / "two").read_text() == "some text\n" * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prepare", "--text", "absent.csv"), "--text: .*absent.csv does not exist"),
        (("prepare", "--output-s3", "here"), "--output-s3: expected 'default' or s3://bucket/prefix, got 'here'"),
        (("train", "--sagemaker-checkpoint-s3", "here"), "--sagemaker-checkpoint-s3: expected 'default'"),
        (("train",), "--parts: input 'parts' has no value, and is not optional"),
        (
            ("train", "--parts", "/tmp", "--sagemaker-trial-name", "a"),
            "--sagemaker-trial-name: a trial is one of an experiment",
        ),
        (
            ("train", "--parts", "/tmp", "--sagemaker-training-image", "absent:1"),
            "absent:1 is not in ECR, and there is no",
        ),
    ],
)
def test_what_cannot_run_is_told_before(
    server: SluiceServer, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    import importlib.util
    import re

    spec = importlib.util.spec_from_file_location("steps", DEMO)
    assert spec is not None and spec.loader is not None
    sys.path.insert(0, str(DEMO.parent))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(DEMO.parent))
    with pytest.raises(ValueError) as raised:
        module.run_commands(module.COMMANDS, argv=[arguments[0], "--sagemaker-run", *arguments[1:]])
    assert re.search(message, str(raised.value))


def test_channels_of_a_training_job(server: SluiceServer, tmp_path: Path) -> None:
    from sluice.remote import PathArgument, sagemaker_training_args
    from sluice.remote.parsers import RemoteParser
    from sluice.remote.training_channels import input_data_config, read_channels, send_channels, suffixes

    session = Session()
    client, bucket = server.client("s3"), session.bucket
    for name in ("a-1", "b"):
        client.put_object(Bucket=bucket, Key=f"manifests/{name}.manifest", Body=b"{}")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "x.txt").write_text("x")
    parser = RemoteParser()
    inputs = {
        "plain": str(tmp_path / "dir" / "x.txt"),
        "folder": PathArgument(
            f"s3://{bucket}/manifests",
            mode="AugmentedManifestFolderWrapped",
            attributes=lambda args: [args.model_dir, "label"],
        ),
        "twice": PathArgument(str(tmp_path / "dir"), mode="Pipe", repeat=2, shuffle=True),
        "none": PathArgument(optional=True),
    }
    config = sagemaker_training_args(parser, "script.py", inputs=inputs)
    args = parser.parse_args(["--model-dir", "image-ref"])
    sent = send_channels(read_channels(args, config, session), session, f"s3://{bucket}/job/inputs")

    def channel(name: str, mode: str, type_: str, uri: str, **more: Any) -> dict[str, Any]:
        names = {"AttributeNames": ["image-ref", "label"]} if "folder" in name else {}
        source = {"S3DataType": type_, "S3Uri": f"s3://{bucket}/{uri}", "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": {**source, **names}}, "InputMode": mode, **more}

    wrapped = {"RecordWrapperType": "RecordIO"}
    assert input_data_config(sent, args) == [
        channel("plain", "File", "S3Prefix", "job/inputs/plain/x.txt"),
        channel("folder_a_1", "Pipe", "AugmentedManifestFile", "manifests/a-1.manifest", **wrapped),
        channel("folder_b", "Pipe", "AugmentedManifestFile", "manifests/b.manifest", **wrapped),
        channel("twice_repeat_0", "Pipe", "S3Prefix", "job/inputs/twice", ShuffleConfig={"Seed": 126}),
        channel("twice_repeat_1", "Pipe", "S3Prefix", "job/inputs/twice", ShuffleConfig={"Seed": 127}),
    ]
    assert suffixes(sent, session) == {"plain_suffix": "x.txt"}
