"""What tasks and workflows become."""

from __future__ import annotations

import pytest

from sluice import SluiceError

HEAD = """
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import sluice
from sluice import *
"""


def task_of(load, text: str):
    module = load(HEAD + text)
    return next(value for value in vars(module).values() if type(value).__name__ in ("Task", "NamedTask"))


def test_a_function_is_a_processing_job_whose_parameters_are_values_and_whose_result_is_a_file(load):
    task = task_of(
        load,
        "@task(instance_type='ml.c5.xlarge')\ndef count(text: str, names: list, factor: float = 2) -> int:\n    return 1\n",
    )
    graph = task.graph_task()
    assert graph["type"] == "processing" and graph["name"] == "count" and graph["instanceType"] == "ml.c5.xlarge"
    assert graph["interface"]["inputs"] == {
        "text": {"type": "string"},
        "names": {"type": "json"},
        "factor": {"type": "float", "default": 2},
    }
    assert graph["parameters"] == ["text", "names", "factor"]
    assert graph["interface"]["outputs"] == {"output": {"type": "uri"}, "o0": {"type": "integer"}}
    assert graph["propertyFiles"] == {"o0": {"outputName": "output", "path": "sluice-results/o0.json"}}
    assert graph["script"]["entry"] == "sluice_runner.py"


def test_a_training_function_takes_places_as_channels_and_values_as_hyperparameters(load):
    task = task_of(
        load,
        "@training_task(framework='pytorch', use_spot_instances=True, max_runtime_seconds=3600,\n"
        "               spot_instance_max_wait_seconds=1800)\n"
        "def train(data: Path, epochs: int = 3) -> dict:\n    return {}\n",
    )
    graph = task.graph_task()
    assert graph["channels"] == {"data": {}} and graph["hyperparameters"] == {"epochs": 3}
    assert graph["maxWaitTimeInSeconds"] == 5400 and graph["enableManagedSpotTraining"] is True
    assert list(graph["interface"]["outputs"]) == ["model", "output", "metrics", "o0"]


def test_a_function_that_does_nothing_is_declarative(load):
    module = load(
        HEAD
        + """
@training_task(framework="xgboost", framework_version="1.7-1")
def train(dataset_path: str, hyperparameters: dict, num_round: int = 10) -> str:
    "The algorithm does it."

@batch_transform_task(strategy="SingleRecord", max_payload_mb=6)
def predict(model_path: str, input_data_path: str, prediction_config: dict) -> str: ...

@workflow
def flow(data: str):
    model = train(dataset_path=data, hyperparameters={"eta": 0.3})
    return predict(model_path=model, input_data_path=data, prediction_config={})
"""
    )
    graph = module.flow.graph
    assert graph["tasks"]["train"]["channels"] == {"train": {}} and "script" not in graph["tasks"]["train"]
    # What is said of the model's image goes for what serves it.
    assert graph["tasks"]["predict"]["framework"] == "xgboost"
    assert graph["tasks"]["predict"]["frameworkVersion"] == "1.7-1"
    assert graph["nodes"][0]["inputs"] == {
        "train": {"input": "data"},
        "hyperparameters": {"literal": {"eta": 0.3}},
    }
    assert graph["nodes"][1]["inputs"] == {
        "model": {"node": "train", "output": "model"},
        "input": {"input": "data"},
    }
    # A text that is used as a place of data is one.
    assert graph["interface"] == {"inputs": {"data": {"type": "uri"}}, "outputs": {"o0": {"type": "uri"}}}


def test_results_artifacts_and_mixtures_are_bound(load):
    module = load(
        HEAD
        + """
class Two(NamedTuple):
    rows: int
    name: str

@task
def two(x: int) -> Two:
    return Two(x, "a")

@training_task
def fit(data: Path, scale: float) -> Dict[str, float]:
    return {}

@task
def show(value: Any):
    print(value)

@workflow
def flow(data: Path, n: int = 1) -> Two:
    first = two(x=n)
    again = two.node("again", after=[first])(x=first.rows)
    trained = fit(data=data, scale=first.rows)
    show(value={"list": [again[0], 1], "model": trained.model, "all": trained})
    show(value=1)
    return first
"""
    )
    nodes = {node["id"]: node for node in module.flow.graph["nodes"]}
    assert list(nodes) == ["two", "again", "fit", "show", "show-2"]
    assert nodes["again"]["after"] == ["two"]
    assert nodes["fit"]["inputs"]["hyperparameters"] == {"map": {"scale": {"node": "two", "output": "rows"}}}
    assert nodes["show"]["inputs"]["value"] == {
        "map": {
            "list": {"list": [{"node": "again", "output": "rows"}, {"literal": 1}]},
            "model": {"node": "fit", "output": "model"},
            "all": {"node": "fit", "output": "o0"},
        }
    }
    assert module.flow.graph["outputs"] == {
        "rows": {"node": "two", "output": "rows"},
        "name": {"node": "two", "output": "name"},
    }
    # Where no graph is built, tasks are the functions that they are.
    assert module.two(x=5).rows == 5


def test_workflows_called_in_a_workflow_become_part_of_it(load):
    module = load(
        HEAD
        + """
@task
def inc(x: int) -> int:
    return x + 1

@workflow
def twice(x: int) -> int:
    return inc(x=inc(x=x))

@workflow
def flow(x: int) -> int:
    return twice(x=twice(x=x))
"""
    )
    assert [node["id"] for node in module.flow.graph["nodes"]] == ["inc", "inc-2", "inc-3", "inc-4"]
    assert module.flow(x=1) == 5


def test_an_endpoint_serves_what_was_trained(load):
    module = load(
        HEAD
        + """
@training_task(framework="xgboost")
def train(data: str) -> str: ...

@endpoint_task(endpoint_name="live", scaling={"min_instance_count": 1, "max_instance_count": 3, "invocations_per_instance": 100,
                                              "scale_in_cooldown_seconds": 60})
def serve(model_path: str) -> str: ...

both = endpoint_task(name="both", variants={"old": {"weight": 3}, "new": {"weight": 1}}, image="mine:1")

@workflow
def flow(data: str):
    model = train(data=data)
    both(old=model, new="s3://bucket/model.tar.gz")
    return serve(model_path=model).url
"""
    )
    tasks = module.flow.graph["tasks"]
    assert tasks["serve"]["variants"] == {"AllTraffic": {"input": "model"}} and tasks["serve"]["framework"] == "xgboost"
    assert tasks["serve"]["endpointName"] == "live" and tasks["serve"]["scaling"]["scaleInCooldownInSeconds"] == 60
    assert tasks["both"]["variants"] == {"old": {"input": "old", "weight": 3}, "new": {"input": "new", "weight": 1}}
    assert module.flow.graph["outputs"] == {"o0": {"node": "serve", "output": "url"}}


def test_a_task_with_a_name_needs_no_function_and_takes_one(load):
    module = load(
        HEAD
        + """
train = training_task(name="train", framework="xgboost", channels=["train", "validation"])
predict = batch_transform_task(name="predict")

@processing_task(name="own-name", input_channels={"extra": "s3://bucket/extra"})
def count(data: Path) -> int:
    return 1

@workflow
def flow(data: str):
    return predict(model=train(train=data, validation=data), input=data), count(data=data)
"""
    )
    tasks = module.flow.graph["tasks"]
    assert list(tasks) == ["train", "predict", "own-name"]
    assert list(tasks["train"]["channels"]) == ["train", "validation"] and tasks["predict"]["framework"] == "xgboost"
    assert tasks["own-name"]["interface"]["inputs"]["extra"] == {"type": "uri", "default": "s3://bucket/extra"}


def test_options_of_sagemaker_are_members_of_the_graph(load):
    task = task_of(
        load,
        "@training_task(algorithm='linear-learner', instance_count='auto', keep_alive_period_seconds=60,\n"
        "               vpc_config={'Subnets': ['s'], 'SecurityGroupIds': ['g']}, instance_preferences=['ml.c5.large'])\n"
        "def train(train: str) -> str: ...\n",
    )
    graph = task.graph_task()
    assert graph["algorithm"] == "linear-learner" and "script" not in graph and "framework" not in graph
    assert (graph["instanceCount"], graph["autoInstanceCount"]) == (1, True)
    assert graph["vpcConfig"] == {"subnets": ["s"], "securityGroupIds": ["g"]}
    assert graph["keepAlivePeriodInSeconds"] == 60 and graph["instancePreferences"] == ["ml.c5.large"]
    with pytest.raises(SluiceError, match="algorithm 'linear-learner' runs none"):
        load(HEAD + "@training_task(algorithm='linear-learner')\ndef f(x: int) -> int:\n    return x + 1\n")


def test_a_shared_configuration_holds_for_the_tasks_that_can(load):
    config = "config = SageMakerConfig(instance_type='ml.m5.2xlarge')\n"
    trained = task_of(load, config + "@training_task(task_config=config)\ndef fit() -> dict:\n    return {1: 2}\n")
    assert trained.graph_task()["maxWaitTimeInSeconds"] == 5400
    made = task_of(
        load, config + "@task(task_config=config, max_runtime_seconds=60)\ndef fit() -> dict:\n    return {}\n"
    )
    assert made.graph_task()["instanceType"] == "ml.m5.2xlarge" and made.graph_task()["maxRuntimeInSeconds"] == 60


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("task(lambda x: x)", "a lambda cannot be a task"),
        (
            "def outer():\n    y = open\n    @task\n    def inner(x: int) -> int:\n        return y(x)\nouter()",
            "it closes over 'y'",
        ),
        (
            "def outer():\n    @task\n    def inner(x: int) -> int:\n        return x + 1\nouter()",
            "cannot be imported by a job",
        ),
        ("@task\nasync def f(x: int) -> int:\n    return x", "async function"),
        ("@task\nclass A: ...", "expected a function"),
        ("@task\ndef f(x: complex) -> int:\n    return 1", "'x': complex is no type whose values can travel"),
        ("@task\ndef f(x: int) -> complex:\n    return 1", "'result o0': complex is no type"),
        ("@task\ndef f(*x: int) -> int:\n    return 1", "expected parameters with names"),
        ("@task\ndef f(x: int = 'a') -> int:\n    return x + 1", "the default of 'x': expected an integer, got 'a'"),
        (
            "@task(instance_typ='ml.m5.large')\ndef f(): print(1)",
            "there is no option 'instance_typ'. Did you mean 'instance_type'?",
        ),
        (
            "@task(task_config={'platfrom': 'x'})\ndef f(): print(1)",
            "there is no option 'platfrom'. Did you mean 'platform'?",
        ),
        ("@task(task_config={'job_type': 'tuning'})\ndef f(): print(1)", "job_type: 'tuning'. "),
        (
            "@training_task(task_config={'job_type': 'processing'})\ndef f(): print(1)",
            "job_type: expected 'training', got 'processing'",
        ),
        (
            "@processing_task(max_payload_mb=6)\ndef f(): print(1)",
            "'max_payload_mb' is an option of batch transform tasks",
        ),
        (
            "@processing_task(use_spot_instances=True)\ndef f(): print(1)",
            "'use_spot_instances' is an option of training tasks",
        ),
        ("@task(instance_count='two')\ndef f(): print(1)", "instance_count: expected a whole number, got 'two'"),
        ("@processing_task\ndef f(x: int) -> str: ...", "its function does nothing, and nothing else says what runs"),
        ("@training_task(framework='pytorch')\ndef f(x: int) -> str:\n    pass", "its function does nothing"),
        ("@batch_transform_task\ndef f(data: str) -> str: ...", "nothing says which model it serves"),
        ("@processing_task(script='no.py')\ndef f(x: Path): ...", "no.py' does not exist"),
        ("@workflow\ndef w(x: complex): ...", "Workflow 'w'"),
        ("configure(endpont='x')", "there is no 'endpont'. Did you mean 'endpoint'?"),
    ],
)
def test_what_cannot_be_is_said_where_it_is_defined(load, code: str, message: str):
    with pytest.raises(SluiceError) as caught:
        load(HEAD + code + "\n")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("inc(x='a')", "'x': expected an integer, got 'a' of type str"),
        ("inc(x=1, y=1)", "got an unexpected keyword argument 'y'"),
        ("inc()", "missing a required argument: 'x'"),
        ("inc(x=word(x=1))", "expected integer, got the result of 'word', which is string"),
        ("inc(x=nothing(x=1))", "its function returns None"),
        ("inc(x=n + 1)", "has no value while the graph is built"),
        ("inc(x=f'{n}')", "has no value while the graph is built"),
        ("inc(x=1).modl", "leaves no 'modl'"),
        ("if n: inc(x=1)", "has no value while the graph is built"),
        ("inc.node('a')(x=1); inc.node('a')(x=2)", "two nodes are called 'a'"),
        ("show(value=object())", "cannot be serialised"),
        ("show(value=float('nan'))", "nan is no JSON value"),
        ("inc.node('a', after=[3])(x=1)", "after: expected what a call of a task gave, got 3"),
    ],
)
def test_what_a_call_cannot_take_is_said_with_its_name(load, body: str, message: str):
    with pytest.raises((SluiceError, TypeError)) as caught:
        load(
            HEAD
            + f"""
@task
def inc(x: int) -> int:
    return x + 1

@task
def word(x: int) -> str:
    return str(x)

@task
def nothing(x: int) -> None:
    print(x)

@task
def show(value: Any):
    print(value)

@workflow
def flow(n: int):
    {body}
"""
        )
    assert message in str(caught.value)


def test_what_has_no_source_is_refused():
    names: dict[str, object] = {}
    with pytest.raises(SluiceError, match="its source is not there"):
        exec("from sluice import task\n@task\ndef f(x: int) -> int:\n    return x + 1\n", names)


def test_ten_thousand_nodes_are_a_graph_like_any(load):
    module = load(
        HEAD
        + """
@task
def inc(x: int) -> int:
    return x + 1

@workflow
def flow(x: int) -> int:
    for _ in range(10_000):
        x = inc(x=x)
    return x
"""
    )
    assert module.flow.graph["nodes"][-1]["id"] == "inc-10000"
