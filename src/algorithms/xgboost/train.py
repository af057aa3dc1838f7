"""The XGBoost algorithm of SageMaker: a program of its own that runs inside a job, `python3 train.py`.

Source: AWS developer guide, "XGBoost algorithm with Amazon SageMaker AI", and the public container
(sagemaker-xgboost-container): channels, hyperparameters, messages and files are its. No code is.

Environment: what SageMaker's toolkit sets (SM_…), and SLUICE_IMAGE_VERSION (what the image's tag says),
SLUICE_TRACKER_PORTS (two free ports, for several hosts).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(HERE)), "serving", "python"))

from channels import read_channels  # noqa: E402
from errors import AlgorithmError, UserError  # noqa: E402
from hyperparameters import read_hyperparameters  # noqa: E402
from sluice_serving.import_xgboost import import_xgboost  # noqa: E402

#: The first version whose container saves models as XGBoost does, not as pickles.
SAVES_ITSELF = (1, 3)
#: The first version whose container reads no pipes.
WITHOUT_PIPES = (3, 0)


def main(environment: Mapping[str, str]):
    logging.info("Running XGBoost Sagemaker in algorithm mode")
    version = _version(environment.get("SLUICE_IMAGE_VERSION"))
    values = read_hyperparameters(_read_config(environment, "hyperparameters.json"))
    try:
        data = read_channels(_read_config(environment, "inputdataconfig.json"))
    except ValueError as error:
        raise UserError(str(error)) from error
    if data.pipe and version >= WITHOUT_PIPES:
        raise UserError(
            "Pipe mode for %s is no longer supported. Please use Fast File mode (default) instead. Set "
            "input_mode='File' in your SageMaker Estimator or TrainingInput." % data.format.upper()
        )
    logging.info("Determined 0 GPU(s) available on the instance.")
    _train(environment, values, data, version)


def _train(environment: Mapping[str, str], values: dict[str, Any], data: Any, version: Any):
    # It takes most of a second to load, which a wrong hyperparameter need not wait for.
    xgboost = import_xgboost()
    from cross_validation import cross_validate
    from data import matrix_of, read_channel, warn_of_redundancy
    from distributed import run_distributed
    from training import Job, named, train

    _note_version(version, xgboost.__version__)
    train_path = environment["SM_CHANNEL_TRAIN"]
    validation_path = environment.get("SM_CHANNEL_VALIDATION") if data.has_validation else None
    weighted = values.get("csv_weights", 0) == 1
    if validation_path and not data.pipe:
        warn_of_redundancy(train_path, validation_path)
    train_files = read_channel(train_path, data.pipe)
    validation_files = read_channel(validation_path, data.pipe) if validation_path else []
    matrix = matrix_of(train_files, data.format, weighted)
    validation = matrix_of(validation_files, data.format, weighted)
    directories = (environment["SM_MODEL_DIR"], _checkpoints(environment), environment["SM_OUTPUT_DATA_DIR"])
    job = Job(values, directories, pickled=version < SAVES_ITSELF)
    hosts = json.loads(environment["SM_HOSTS"])
    complete = matrix is not None and (validation is not None or not validation_path)
    if len(hosts) > 1:
        if job.kfold:
            raise UserError("_kfold: cross validation runs on one host; set InstanceCount to 1.")
        logging.info("Distributed node training with %d hosts: %s", len(hosts), hosts)
        current, ports = environment["SM_CURRENT_HOST"], json.loads(environment["SLUICE_TRACKER_PORTS"])
        return run_distributed(hosts, current, ports, complete, lambda first: train(job, matrix, validation, first))
    if matrix is None:
        raise UserError("No data in training channel path %s" % train_path)
    if not complete:
        raise UserError("No data in validation channel path %s" % validation_path)
    logging.info("Single node training.")
    if job.kfold:
        everything = matrix_of(train_files + validation_files, data.format, weighted)
        return cross_validate(job, everything, named(matrix, validation))
    return train(job, matrix, validation, True)


def _version(text: str | None) -> tuple[int, ...]:
    """The numbers of a tag like `1.7-1`; a tag that has none counts as the newest."""
    try:
        return tuple(int(part) for part in (text or "").split("-")[0].split("."))[:2] or (99,)
    except ValueError:
        return (99,)


def _note_version(version: Any, own: str):
    if version != (99,) and _version(own) != version:
        told = ".".join(str(part) for part in version)
        logging.info("XGBoost %s of this machine stands for the image's %s.", own, told)
    else:
        logging.info("XGBoost %s", own)


def _checkpoints(environment: Mapping[str, str]):
    path = os.path.join(environment["SM_INPUT_CONFIG_DIR"], "checkpointconfig.json")
    if not os.path.isfile(path):
        return None
    with open(path) as file:
        # Where paths are translated, what the file says is not: the directory lies beside `input`.
        given = json.load(file).get("LocalPath", "/opt/ml/checkpoints")
    root = os.path.dirname(os.path.dirname(environment["SM_INPUT_CONFIG_DIR"]))
    return given.replace("/opt/ml", root, 1) if given.startswith("/opt/ml/") else given


def _read_config(environment: Mapping[str, str], name: str):
    with open(os.path.join(environment["SM_INPUT_CONFIG_DIR"], name)) as file:
        return json.load(file)


def _fail(environment: Mapping[str, str], error: Any):
    """What SageMaker shows of it. What is known needs no trace of this program."""
    name = "%s.%s" % (type(error).__module__, type(error).__name__)
    trace = traceback.format_exc()
    if isinstance(error, (UserError, AlgorithmError)):
        trace = "Traceback (most recent call last):\n%s: %s\n" % (name, error)
    text = "framework error: \n%s\n%s" % (trace, error)
    logging.error("Reporting training FAILURE")
    logging.error(text)
    with open(environment["SM_OUTPUT_FAILURE"], "w") as file:
        file.write(text)


if __name__ == "__main__":
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="[%(asctime)s:%(levelname)s] %(message)s",
        datefmt="%Y-%m-%d:%H:%M:%S",
    )
    try:
        main(os.environ)
    except Exception as failure:
        _fail(os.environ, failure)
        sys.exit(1)
