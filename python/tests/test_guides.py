"""The guides' own code, taken as it is written there."""

from __future__ import annotations

import json

import pytest

from sluice import SluiceError, configure, plan, register, run
from sluice.settings import settings

FORGOTTEN = "from cdao_sdk import workflow\n"


@pytest.fixture(autouse=True)
def _settings():
    yield
    configure(admin_endpoint=None, project=None, domain=None, role=None, default_bucket=None)


def test_the_sdk_guides_pipeline_builds_and_is_registered(load, seed, sluice_session_server):
    module = load(FORGOTTEN + seed("sdk_guide"))
    graph = module.end_to_end_sagemaker_pipeline.graph
    kinds = [(task["type"], task["platform"], task["instanceType"]) for task in graph["tasks"].values()]
    assert kinds == [
        ("processing", "sagemaker", "ml.m5.2xlarge"),
        ("training", "sagemaker", "ml.m5.xlarge"),
        ("batch_transform", "sagemaker", "ml.m5.large"),
    ]
    train = graph["tasks"]["train-xgboost-model"]
    assert train["channels"] == {"train": {}} and train["maxWaitTimeInSeconds"] == 3600
    assert settings.admin_endpoint == "https://flyte.your-domain.com"
    # Runs go to Flyte now.
    configure(admin_endpoint="ftp://flyte.your-domain.com")
    with pytest.raises(SluiceError, match=r"--endpoint: expected host:port .* got 'ftp://flyte.your-domain.com'"):
        run(module.end_to_end_sagemaker_pipeline, inputs={"data_path": "s3://b/k"})
    planned = plan(module.end_to_end_sagemaker_pipeline, inputs={"data_path": "s3://b/k"}, platform="local")
    assert "train-xgboost-model" in json.dumps(planned)
    registered = register(module.end_to_end_sagemaker_pipeline, "1", endpoint="embedded")
    assert registered["name"] == "end-to-end-sagemaker-pipeline"


def test_the_notebooks_cells_define_a_task(load, seed):
    cells = seed("notebook_cells").split("# Cell 3")[0]
    module = load(cells)
    graph = module.train_pytorch_model.graph_task()
    assert graph["framework"] == "pytorch" and graph["instanceType"] == "ml.p3.2xlarge"
    assert graph["enableManagedSpotTraining"] and module.sagemaker_workflow is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "processing",
            {
                "type": "processing",
                "inputs": ["data", "config"],
                "outputs": {"processed": "s3://bucket/output/processed/", "metrics": "s3://bucket/output/metrics/"},
            },
        ),
        ("training", {"type": "training", "hyperparameters": {"epochs": "100", "batch_size": "32"}}),
        (
            "batch_transform",
            {"type": "batch_transform", "modelName": "my-trained-model", "s3OutputPath": "s3://bucket/batch-output/"},
        ),
    ],
)
def test_the_channels_guides_tasks_are_what_they_say(load, seed, name: str, expected: dict):
    module = load("from sluice import task\n" + seed(f"channels_{name}"))
    task = next(value for value in vars(module).values() if type(value).__name__ == "Task")
    graph = task.graph_task()
    assert graph["platform"] == "sagemaker"
    for key, value in expected.items():
        if key == "outputs":
            assert {each: made["s3Uri"] for each, made in graph[key].items()} == value
        elif key == "inputs":
            assert list(graph[key]) == value
        else:
            assert graph[key] == value
