"""What tasks may say of themselves: names, their other names, and where each goes in a graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import SluiceError, suggest

DEFAULT_MAX_RUNTIME_SECONDS = 86400
TYPES = {
    "training": "training",
    "processing": "processing",
    "batch_transform": "batch_transform",
    "transform": "batch_transform",
    "endpoint": "endpoint",
}
PLATFORMS = {"codeweave": "coreweave"}

# By the name here, the member of a graph's task that it becomes as it is.
COMMON: dict[str, str | None] = {
    "platform": "platform",
    "instance_type": "instanceType",
    "instance_count": "instanceCount",
    "volume_size_gb": "volumeSizeInGB",
    "image": "image",
    "framework": "framework",
    "framework_version": "frameworkVersion",
    "command": "command",
    "arguments": "arguments",
    "environment": "environment",
    "max_runtime_seconds": "maxRuntimeInSeconds",
    "retries": "retries",
    "timeout_seconds": "timeoutSeconds",
    "role": "role",
    "tags": "tags",
    # For whoever chooses where it runs.
    "expected_duration_seconds": "expectedDurationInSeconds",
    "data_size_bytes": "dataSizeInBytes",
    "image_size_bytes": "imageSizeInBytes",
    "gpu_count": "gpuCount",
    "max_latency_ms": "maxLatencyInMilliseconds",
    "deadline_seconds": "deadlineInSeconds",
    "max_cost_usd": "maxCostInUSD",
    "spot": "spot",
    "instance_preferences": "instancePreferences",
    "vpc_config": None,
    "volume_kms_key_id": "volumeKmsKeyId",
    "output_kms_key_id": "outputKmsKeyId",
}
BESIDE = ("name", "job_type", "script", "source_dir", "requirements", "python_version")
OWN: dict[str, dict[str, str | None]] = {
    "training": {
        "input_channels": None,
        "hyperparameters": "hyperparameters",
        "distribution": "distribution",
        "algorithm": "algorithm",
        "keep_alive_period_seconds": "keepAlivePeriodInSeconds",
        "metric_definitions": None,
        "use_spot_instances": None,
        "spot_instance_max_wait_seconds": None,
        "max_wait_seconds": "maxWaitTimeInSeconds",
        "output_location": "s3OutputPath",
        "checkpoint": None,
        "property_files": None,
        "built_in": None,
    },
    "processing": {
        "input_channels": None,
        "output_channels": None,
        "property_files": None,
        "parameters": None,
        "spark": None,
    },
    "batch_transform": {
        "max_payload_mb": "maxPayloadInMB",
        "max_concurrent_transforms": "maxConcurrentTransforms",
        "strategy": "strategy",
        "model_name": "modelName",
        "input_location": None,
        "output_location": "s3OutputPath",
        "content_type": "contentType",
        "accept": "accept",
        "split_type": "splitType",
        "compression_type": "compressionType",
        "assemble_with": "assembleWith",
        "data_processing": "dataProcessing",
    },
    "endpoint": {
        "endpoint_name": "endpointName",
        "variants": None,
        "mode": "mode",
        "scaling": None,
    },
}
ALIASES = {
    "container_image": "image",
    "image_uri": "image",
    "volume_size_in_gb": "volume_size_gb",
    "entry_point": "script",
    "env": "environment",
    "max_run": "max_runtime_seconds",
    "max_runtime_in_seconds": "max_runtime_seconds",
    "max_wait": "max_wait_seconds",
    "timeout": "timeout_seconds",
    "inputs": "input_channels",
    "channels": "input_channels",
    "outputs": "output_channels",
    "output_path": "output_location",
    "sagemaker_role": "role",
}
# Options that say how a job is paid for: a configuration that is shared by several tasks may hold them for those that can.
SPOT = ("use_spot_instances", "spot_instance_max_wait_seconds")


class SageMakerConfig:
    """What tasks of SageMaker have in common: give it to several as `task_config`."""

    def __init__(
        self,
        instance_type: str = "ml.m5.xlarge",
        instance_count: int = 1,
        max_runtime_seconds: int = 3600,
        use_spot_instances: bool = True,
        spot_instance_max_wait_seconds: int = 1800,
    ) -> None:
        self.instance_type = instance_type
        self.instance_count = instance_count
        self.max_runtime_seconds = max_runtime_seconds
        self.use_spot_instances = use_spot_instances
        self.spot_instance_max_wait_seconds = spot_instance_max_wait_seconds

    def __repr__(self) -> str:
        return f"SageMakerConfig({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def read_options(what: str, type_: str | None, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The type of a task, and its options by their names here. Raises SluiceError that names what is not known."""
    config = given.get("task_config")
    own = {key: value for key, value in given.items() if key != "task_config" and value is not None}
    shared = _task_config(what, config)
    options: dict[str, Any] = {}
    for name, value in [*shared.items(), *own.items()]:
        key = ALIASES.get(name, name)
        if key in options and name in own and key in own and name != key:
            raise SluiceError("GraphInvalid", f"{what}: '{name}' and '{key}' are the same option; give one.")
        options[key] = value
    if "algorithm" in options:
        options = _algorithm(what, options)
    job_type = options.pop("job_type", None)
    if job_type is not None and job_type not in TYPES:
        raise SluiceError("GraphInvalid", f"{what}: job_type: {_unknown(job_type, list(TYPES))}")
    named = TYPES[job_type] if job_type is not None else None
    if type_ is not None and named is not None and named != type_:
        raise SluiceError("GraphInvalid", f"{what}: job_type: expected '{type_}', got '{job_type}'.")
    found = type_ or named or "processing"
    known = [*COMMON, *BESIDE, *OWN[found]]
    for key in list(options):
        if key in known:
            continue
        if key in SPOT and (not options[key] or key in shared):
            del options[key]
            continue
        raise SluiceError("GraphInvalid", f"{what}: {_stranger(key, found, known)}")
    _check_values(what, options)
    return found, options


def _task_config(what: str, config: Any) -> dict[str, Any]:
    if config is None:
        return {}
    if isinstance(config, SageMakerConfig):
        return dict(vars(config))
    if hasattr(config, "__dataclass_fields__") and not isinstance(config, type):
        return {name: getattr(config, name) for name in config.__dataclass_fields__}
    if isinstance(config, Mapping):
        entries: Mapping[str, Any] = config
        return dict(entries)
    raise SluiceError("GraphInvalid", f"{what}: task_config: expected a dict or SageMakerConfig, got {config!r}.")


def _algorithm(what: str, options: dict[str, Any]) -> dict[str, Any]:
    """SageMaker's own algorithm: that of a framework has the framework's image, and runs functions too."""
    if str(options["algorithm"]).lower() != "xgboost":
        return {**options, "built_in": True}
    rest = {key: value for key, value in options.items() if key != "algorithm"}
    if rest.get("framework", options["algorithm"]) != options["algorithm"]:
        raise SluiceError(
            "GraphInvalid",
            f"{what}: algorithm '{options['algorithm']}' and framework '{rest['framework']}': expected one of them.",
        )
    return {**rest, "framework": options["algorithm"], "built_in": True}


def _stranger(key: str, type_: str, known: list[str]) -> str:
    of = [other for other, names in OWN.items() if key in names]
    if of:
        return f"'{key}' is an option of {' and '.join(name.replace('_', ' ') for name in of)} tasks, and this is a {type_.replace('_', ' ')} task."
    return f"there is no option {_unknown(key, known)}"


def _unknown(name: Any, known: list[str]) -> str:
    return f"'{name}'. {suggest(str(name), known)}"


def _check_values(what: str, options: dict[str, Any]) -> None:
    version = options.get("python_version")
    if version is not None and not re.fullmatch(r"py3\d*|3(\.\d+)?", str(version)):
        raise SluiceError("GraphInvalid", f"{what}: python_version: expected such as 'py3' or 'py36', got {version!r}.")
    checks: list[tuple[str, type | tuple[type, ...], str]] = [
        ("instance_type", str, "text such as 'ml.m5.xlarge'"),
        ("instance_count", int, "a whole number"),
        ("max_runtime_seconds", int, "a whole number of seconds"),
        ("spot_instance_max_wait_seconds", int, "a whole number of seconds"),
        ("max_wait_seconds", int, "a whole number of seconds"),
        ("volume_size_gb", int, "a whole number"),
        ("retries", int, "a whole number"),
        ("use_spot_instances", bool, "True or False"),
        ("hyperparameters", dict, "a dict"),
        ("environment", dict, "a dict of texts"),
        ("tags", dict, "a dict of texts"),
        ("requirements", (list, tuple), "a list such as ['pandas>=2']"),
        ("framework", str, "a name such as 'pytorch'"),
        ("framework_version", str, "text such as '1.7-1'"),
        ("platform", str, "a name such as 'sagemaker'"),
        ("image", str, "the full name of an image"),
        ("script", str, "the path of a file"),
        ("name", str, "text"),
    ]
    for key, expected, words in checks:
        value = options.get(key)
        if value is None or (key == "instance_count" and value == "auto"):
            continue
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
            raise SluiceError("GraphInvalid", f"{what}: {key}: expected {words}, got {value!r}.")
    for key in ("environment", "tags"):
        if key in options:
            options[key] = {str(name): str(value) for name, value in options[key].items()}
    if "platform" in options:
        options["platform"] = PLATFORMS.get(options["platform"], options["platform"])
