"""Tasks: what is known of a step before it is called."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from . import builder as building
from .builder import CallOptions, to_uri
from .channels import named, processing_input, processing_output, read_channel
from .code import Code, FunctionCode, ScriptCode
from .errors import SluiceError
from .functions import AnyFunction, body_of, check_function, place_of, returns_something
from .job.values import Kind, hints_of, kind_of, results_of
from .options import COMMON, DEFAULT_MAX_RUNTIME_SECONDS, OWN, read_options
from .references import Call, Results

RESULTS = "sluice-results"
# What is trained without a script.
BUILT_IN = ("xgboost",)
_MODEL = ("model_path", "model", "model_uri", "model_data", "trained_model")
_INPUT = ("input_data_path", "input_path", "input", "input_data", "data", "data_path", "input_uri")


class Target:
    """Where an argument of a call goes."""

    __slots__ = ("name", "optional", "place", "type")

    def __init__(self, place: str, name: str, type_: str, optional: bool = False) -> None:
        self.place = place
        self.name = name
        self.type = type_
        self.optional = optional


class Task:
    """A step; calling it inside a workflow makes a node, elsewhere it runs the function itself."""

    def __init__(self, type_: str | None, given: dict[str, Any], function: AnyFunction | None = None) -> None:
        what, file, directory = _place(function, given)
        if function is not None:
            check_function(function, what)
        self.function = function
        self.file = file
        self.directory = directory
        self.type, self.options = read_options(what, type_, given)
        self.name = graph_name(self.options.get("name") or (function.__name__ if function else ""), what)
        self.what = f"Task '{self.name}' ({file})"
        self.targets: dict[str, Target] = {}
        self.results: dict[str, str] = {}
        self.serves: str | None = None
        self.code: Code | None = None
        self._inputs: dict[str, dict[str, Any]] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Any] = {}
        self.signature = inspect.Signature()
        self._define()
        self.__doc__ = function.__doc__ if function else None
        self.__name__ = function.__name__ if function else self.name
        self.__module__ = function.__module__ if function else __name__

    def __repr__(self) -> str:
        return f"<{self.type.replace('_', ' ')} task '{self.name}'>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if building.current is None:
            return self._run_here(args, kwargs)
        return building.current.call(self, self._arguments(args, kwargs), CallOptions())

    def node(self, name: str | None = None, *, after: list[Any] | None = None) -> Any:
        """The task for one call whose node has this name, and waits for the nodes of other calls."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if building.current is None:
                return self._run_here(args, kwargs)
            names = [_node_of(each, self.what) for each in after or []]
            given = graph_name(name, self.what) if name is not None else None
            return building.current.call(self, self._arguments(args, kwargs), CallOptions(given, names))

        return call

    def graph_task(self, serves: Task | None = None) -> dict[str, Any]:
        """What a graph says of it."""
        task: dict[str, Any] = {
            "type": self.type,
            "name": self.name,
            "file": self.file,
            "interface": {
                "inputs": {name: dict(each) for name, each in self._inputs.items()},
                "outputs": {name: dict(each) for name, each in self._outputs.items()},
            },
            "instanceType": "",
            "instanceCount": 1,
            "volumeSizeInGB": 30,
            "environment": {},
            "maxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_SECONDS,
        }
        for members in (COMMON, OWN[self.type]):
            for option, member in members.items():
                if member is not None and option in self.options:
                    value = self.options[option]
                    task[member] = list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType]
        if "s3OutputPath" in task:
            uri = to_uri(task["s3OutputPath"], self.directory)
            task["s3OutputPath"] = uri.rstrip("/") if self.type == "training" else uri
        task.update(self._own)
        if task["instanceCount"] == "auto":
            task.update(instanceCount=1, autoInstanceCount=True)
        if "vpc_config" in self.options:
            task["vpcConfig"] = _vpc(self.options["vpc_config"])
        if not task["instanceType"]:
            from .settings import settings

            task["instanceType"] = settings.default_instance_type
        if self.code is not None:
            task["script"] = {"entry": self.code.entry, "bundle": self.code}
            if isinstance(self.code, FunctionCode):
                task["environment"] = {**task["environment"], "SLUICE_FUNCTION": self.code.function_name}
        if serves is not None and not _has_program(task):
            for member in ("framework", "frameworkVersion", "image"):
                if member in serves.options_graph():
                    task[member] = serves.options_graph()[member]
        return task

    def options_graph(self) -> dict[str, Any]:
        """The members that say what image it runs in."""
        members = {"framework": "framework", "framework_version": "frameworkVersion", "image": "image"}
        return {member: self.options[name] for name, member in members.items() if name in self.options}

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            names = ", ".join(self.signature.parameters) or "none"
            raise SluiceError("GraphInvalid", f"{self.what}: {error}.", f"Its parameters are: {names}.") from None

    def _run_here(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.function is None or not isinstance(self.code, FunctionCode):
            raise SluiceError(
                "InvalidArgument",
                f"{self.what} is a job: it has no function to call here.",
                "Call it in a workflow, and run that: sluice.run(workflow, inputs=…).",
            )
        return self.function(*args, **kwargs)

    def _define(self) -> None:
        function = self.function
        if function is None:
            self._of_script()
            return
        body = body_of(function, self.what)
        if self.type == "batch_transform":
            self._transform(function)
        elif self.type == "endpoint":
            self._endpoint(function)
        elif any(key in self.options for key in ("script", "command")) or self._is_declarative(body):
            self._declared(function, body)
        else:
            self._in_job(function, body)

    def _is_declarative(self, body: str) -> bool:
        framework = str(self.options.get("framework", "")).lower()
        if self.type != "training" or body == "code":
            return False
        return framework in BUILT_IN or "image" in self.options or "algorithm" in self.options

    def _script(self) -> None:
        script, source = self.options.get("script"), self.options.get("source_dir")
        if script is not None:
            self.code = ScriptCode(self.directory, script, source, self.what)

    def _of_script(self) -> None:
        if self.type in ("batch_transform", "endpoint"):
            (self._transform if self.type == "batch_transform" else self._endpoint)(None)
            return
        self._script()
        parameters = [_parameter(name, _optional_of(uri)) for name, uri in self._channels().items()]
        if self.type == "training":
            self._hyperparameters()
            parameters.append(_parameter("hyperparameters", True))
            self._finish_training()
        else:
            for name, type_ in named(self.options.get("parameters"), self.what).items():
                kind = self._kind(name, type_ if type_ is not None else Any)
                self._value(name, kind, inspect.Parameter.empty)
                parameters.append(_parameter(name, kind.optional))
            self._finish_processing()
        self.signature = inspect.Signature(parameters)
        self._results_of_artifacts()

    def _declared(self, function: AnyFunction, body: str) -> None:
        """A script, a command or an algorithm; the function says what it takes."""
        self._script()
        channels = self._channels()
        self.signature = inspect.signature(function)
        hints = hints_of(function)
        places = [name for name in self.signature.parameters if self._may_be_place(hints.get(name, Any), body)]
        for name, parameter in self.signature.parameters.items():
            self._plain(parameter)
            kind = self._kind(name, hints.get(name, Any))
            if name in places:
                channel = name if self.code else _algorithm_channel(name, len(places))
                self._channel(channel, {}, None, parameter.default, name, channels)
            elif self.type == "training" and name == "hyperparameters":
                self._hyperparameters(parameter.default)
            elif self.type == "training":
                self._hyperparameter(name, kind, parameter.default)
            else:
                self._value(name, kind, parameter.default)
        if self.type == "training":
            self._hyperparameters()
            self._finish_training()
        else:
            self._finish_processing()
        self._results_of_artifacts()

    def _may_be_place(self, annotation: Any, body: str) -> bool:
        kind = self._kind("?", annotation)
        if kind.is_place:
            return True
        # An algorithm has no other use for a text.
        return self.type == "training" and self.code is None and kind.type == "string" and body != "code"

    def _in_job(self, function: AnyFunction, body: str) -> None:
        """The function itself is what runs."""
        if body == "empty":
            needs = "framework='xgboost' or a script" if self.type == "training" else "a script"
            raise SluiceError(
                "GraphInvalid",
                f"{self.what}: its function does nothing, and nothing else says what runs.",
                f"Write what the job does into the function, or give {needs}.",
            )
        if "algorithm" in self.options:
            raise SluiceError(
                "GraphInvalid",
                f"{self.what}: it has a function, and algorithm '{self.options['algorithm']}' runs none.",
                "Leave its body out, or name a framework in place of the algorithm.",
            )
        self.code = FunctionCode(function, self.options.get("requirements"), self.what)
        channels = self._channels()
        self.signature = inspect.signature(function)
        hints = hints_of(function)
        for name, parameter in self.signature.parameters.items():
            self._plain(parameter)
            kind = self._kind(name, hints.get(name, Any))
            if kind.is_place:
                self._channel(name, {}, None, parameter.default, name, channels, kind.optional)
            elif self.type == "training":
                self._hyperparameter(name, kind, parameter.default)
            else:
                self._value(name, kind, parameter.default)
        results = self._function_results(function, hints)
        if self.type == "training":
            self._hyperparameters()
            self._finish_training()
        else:
            self._finish_processing(results)
        files = self._property_files()
        for name, annotation in results:
            kind = self._kind(f"result {name}", annotation)
            if self.type == "training" and kind.name == "dataframe":
                raise SluiceError(
                    "GraphInvalid",
                    f"{self.what}: a training job leaves archives, and no DataFrame.",
                    "Return it from a processing task, or write it below /opt/ml/model.",
                )
            files[name] = self._result_file(name)
            self._outputs[name] = {"type": "json" if kind.optional else kind.type}
            self.results[name] = name
        if files or self.type == "processing":
            self._own["propertyFiles"] = files

    def _result_file(self, name: str) -> dict[str, str]:
        if self.type == "training":
            return {"outputName": "output", "path": f"{RESULTS}/{name}.json"}
        own = self._own["outputs"]["output"]["localPath"].endswith(RESULTS)
        return {"outputName": "output", "path": f"{name}.json" if own else f"{RESULTS}/{name}.json"}

    def _function_results(self, function: AnyFunction, hints: dict[str, Any]) -> list[tuple[str, Any]]:
        if "return" not in hints:
            return [("o0", Any)] if returns_something(function, self.what) else []
        return results_of(hints["return"]) or []

    def _transform(self, function: AnyFunction | None) -> None:
        self._script()
        if function is not None:
            self.signature = inspect.signature(function)
            names = list(self.signature.parameters)
        else:
            names = ["input"] if "model_name" in self.options else ["model", "input"]
            at = self.options.get("input_location")
            self.signature = inspect.Signature([_parameter(name, name == "input" and bool(at)) for name in names])
        model = None if "model_name" in self.options else _first(names, _MODEL, "model")
        data = _first([name for name in names if name != model], _INPUT, "input")
        for name, parameter in self.signature.parameters.items():
            if name == model:
                self.targets[name] = Target("input", "model", "uri")
            elif name == data:
                self.targets[name] = Target("input", "input", "uri", parameter.default is not parameter.empty)
            else:
                self.targets[name] = Target("ignored", name, "json")
        self._transform_inputs(model, data)
        self._outputs = {"output": {"type": "uri"}}
        self.results = {"o0": "output"}
        defaults = {"splitType": "None", "compressionType": "None", "assembleWith": "None"}
        members = {"split_type": "splitType", "compression_type": "compressionType", "assemble_with": "assembleWith"}
        self._own = {
            **defaults,
            **{member: self.options[key] for key, member in members.items() if key in self.options},
        }

    def _endpoint(self, function: AnyFunction | None) -> None:
        self._script()
        given: dict[str, Any] = self.options.get("variants") or {"AllTraffic": {}}
        inputs = [*given] if "variants" in self.options else ["model"]
        if function is not None:
            self.signature = inspect.signature(function)
        else:
            self.signature = inspect.Signature([_parameter(name, False) for name in inputs])
        names = list(self.signature.parameters)
        taken = names if "variants" in self.options else [_first(names, _MODEL, "model") or (names[0] if names else "")]
        if "variants" in self.options and [name for name in inputs if name not in names]:
            raise SluiceError("GraphInvalid", f"{self.what}: variants: expected one for each of {', '.join(names)}.")
        if not names:
            raise SluiceError("GraphInvalid", f"{self.what}: nothing says which model it serves.")
        for name in names:
            place = "input" if name in taken and (name in inputs or len(inputs) == 1) else "ignored"
            target = name if "variants" in self.options else "model"
            self.targets[name] = Target(place, target, "uri" if place == "input" else "json")
        self.serves = taken[0]
        self._inputs = {name: {"type": "uri"} for name in inputs}
        self._outputs = {"endpointName": {"type": "string"}, "url": {"type": "string"}}
        self.results = {"o0": "endpointName"}
        self._own["variants"] = {
            variant: {"input": name, **_camel(own or {})}
            for (variant, own), name in zip(given.items(), inputs, strict=True)
        }
        if "scaling" in self.options:
            self._own["scaling"] = _camel(self.options["scaling"])

    def _transform_inputs(self, model: str | None, data: str | None) -> None:
        if "model_name" not in self.options:
            if model is None:
                raise SluiceError(
                    "GraphInvalid",
                    f"{self.what}: nothing says which model it serves.",
                    "Give it a parameter 'model_path', or model_name='…' for one that exists.",
                )
            self._inputs["model"] = {"type": "uri"}
            self.serves = model
        location = self.options.get("input_location")
        if location is None and data is None:
            raise SluiceError(
                "GraphInvalid",
                f"{self.what}: nothing says what it transforms.",
                "Give it a parameter 'input_data_path', or input_location='s3://…'.",
            )
        default = {} if location is None else {"default": to_uri(location, self.directory)}
        self._inputs["input"] = {"type": "uri", **default}

    def _channels(self) -> dict[str, str | None]:
        """The channels that the options name, with their data."""
        found: dict[str, str | None] = {}
        for name, given in named(self.options.get("input_channels"), f"{self.what}: input_channels").items():
            definition, uri = read_channel(given, f"{self.what}: channel '{name}'", self.directory)
            self._channel(name, definition, uri, inspect.Parameter.empty, None, {})
            if self.function is None:
                self.targets[name] = Target("channel", name, "uri", uri is not None)
            found[name] = uri
        return found

    def _channel(
        self,
        name: str,
        definition: dict[str, Any],
        uri: str | None,
        default: Any,
        parameter: str | None,
        known: dict[str, str | None],
        optional: bool = False,
    ) -> None:
        members: dict[str, Any] = self._own.setdefault("channels" if self.type == "training" else "inputs", {})
        if name not in known:
            members[name] = definition if self.type == "training" else processing_input(name, definition)
        variable: dict[str, Any] = {"type": "uri"}
        data = known.get(name) or uri
        if default is not inspect.Parameter.empty and default is not None:
            data = to_uri(default, self.directory)
        if data is not None:
            variable["default"] = data
        elif optional:
            variable["required"] = False
        self._inputs[name] = variable
        if parameter is not None:
            self.targets[parameter] = Target("channel", name, "uri", optional)

    def _value(self, name: str, kind: Kind, default: Any) -> None:
        """A parameter of a processing job."""
        self._inputs[name] = self._variable(name, kind, default)
        self._own.setdefault("parameters", []).append(name)
        self.targets[name] = Target("parameter", name, kind.type, kind.optional or default is None)

    def _hyperparameter(self, name: str, kind: Kind, default: Any) -> None:
        own: dict[str, Any] = self._own.setdefault("hyperparameters", dict(self.options.get("hyperparameters", {})))
        if default is not inspect.Parameter.empty and default is not None:
            own[name] = building.literal(default, kind.type, f"{self.what}: the default of '{name}'", self.directory)
        self.targets[name] = Target("hyperparameter", name, kind.type, kind.optional or default is None)

    def _hyperparameters(self, default: Any = inspect.Parameter.empty) -> None:
        own: dict[str, Any] = self._own.setdefault("hyperparameters", dict(self.options.get("hyperparameters", {})))
        if default is not inspect.Parameter.empty and default is not None:
            own.update(building.literal(default, "json", f"{self.what}: hyperparameters", self.directory))
        self._own["hyperparameters"] = building.literal(own, "json", f"{self.what}: hyperparameters", self.directory)
        self._inputs["hyperparameters"] = {"type": "json", "required": False}
        self.targets.setdefault("hyperparameters", Target("input", "hyperparameters", "json", True))

    def _variable(self, name: str, kind: Kind, default: Any) -> dict[str, Any]:
        variable: dict[str, Any] = {"type": kind.type}
        if default is inspect.Parameter.empty:
            return {**variable, "required": False} if kind.optional else variable
        if default is None:
            return {**variable, "required": False}
        what = f"{self.what}: the default of '{name}'"
        return {**variable, "default": building.literal(default, kind.type, what, self.directory)}

    def _finish_training(self) -> None:
        self._own.setdefault("channels", {})
        options = self.options
        metrics = options.get("metric_definitions", [])
        if isinstance(metrics, dict):
            entries: dict[str, str] = metrics
            metrics = [{"Name": name, "Regex": regex} for name, regex in entries.items()]
        self._own["metricDefinitions"] = list(metrics)
        self._own["enableManagedSpotTraining"] = bool(options.get("use_spot_instances", False))
        runtime = options.get("max_runtime_seconds", DEFAULT_MAX_RUNTIME_SECONDS)
        if self._own["enableManagedSpotTraining"]:
            wait = runtime + options.get("spot_instance_max_wait_seconds", 0)
            self._own["maxWaitTimeInSeconds"] = options.get("max_wait_seconds", wait)
        if "checkpoint" in options:
            self._own["checkpoint"] = _checkpoint(options["checkpoint"], self.directory)
        self._outputs = {"model": {"type": "uri"}, "output": {"type": "uri"}, "metrics": {"type": "json"}}
        files = self._property_files()
        if files:
            self._own["propertyFiles"] = files

    def _finish_processing(self, results: list[tuple[str, Any]] | None = None) -> None:
        self._own.setdefault("inputs", {})
        outputs = {
            name: processing_output(name, given, f"{self.what}: output '{name}'", self.directory)
            for name, given in named(self.options.get("output_channels"), f"{self.what}: output_channels").items()
        }
        if results:
            # Beside outputs of its own, what the function returns has one more.
            path = "/opt/ml/processing/output" + (f"/{RESULTS}" if outputs else "")
            if "output" in outputs:
                raise SluiceError("GraphInvalid", f"{self.what}: the output 'output' is that of its results.")
            outputs["output"] = {"localPath": path, "uploadMode": "EndOfJob"}
        self._own["outputs"] = outputs
        if "spark" in self.options:
            names = {"class_name": "className", "py_files": "pyFiles"}
            self._own["spark"] = {names.get(key, key): value for key, value in self.options["spark"].items()}
        self._outputs = {name: {"type": "uri"} for name in outputs}
        self._own["propertyFiles"] = self._property_files()

    def _property_files(self) -> dict[str, dict[str, str]]:
        files: dict[str, dict[str, str]] = {}
        for name, given in named(self.options.get("property_files"), self.what).items():
            output, path = given if isinstance(given, tuple | list) else (given["outputName"], given["path"])  # pyright: ignore[reportUnknownVariableType]
            files[name] = {"outputName": str(output), "path": str(path)}  # pyright: ignore[reportUnknownArgumentType]
            self._outputs[name] = {"type": "json"}
        return files

    def _results_of_artifacts(self) -> None:
        if self.type == "training":
            self.results = {"o0": "model"}
        elif len(self._own["outputs"]) == 1:
            self.results = {"o0": next(iter(self._own["outputs"]))}

    def _kind(self, name: str, annotation: Any) -> Kind:
        try:
            return kind_of(annotation)
        except TypeError as error:
            raise SluiceError("GraphInvalid", f"{self.what}: '{name}': {error}.") from None

    def _plain(self, parameter: inspect.Parameter) -> None:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise SluiceError("GraphInvalid", f"{self.what}: '{parameter}': expected parameters with names.")
        if parameter.name.startswith("sagemaker_"):
            raise SluiceError("GraphInvalid", f"{self.what}: '{parameter.name}': such names are SageMaker's own.")


def graph_name(name: str, what: str) -> str:
    """A name as graphs have it: `train_model` is `train-model`."""
    made = re.sub(r"_+", "-", name).strip("-")
    if re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", made):
        return made
    raise SluiceError("GraphInvalid", f"{what}: name: expected at most 63 letters, digits and '-', got '{name}'.")


def _place(function: AnyFunction | None, given: dict[str, Any]) -> tuple[str, str, Path]:
    if function is not None:
        what = f"Task '{getattr(function, '__name__', function)}'"
        if not hasattr(function, "__code__"):
            check_function(function, what)
        file, directory = place_of(function)
        return f"{what} ({file})", file, directory
    frame = inspect.currentframe()
    here = Path(__file__).parent
    while frame is not None and Path(frame.f_code.co_filename).parent == here:
        frame = frame.f_back
    if frame is None or not Path(frame.f_code.co_filename).exists():
        return f"Task '{given.get('name')}'", "cell:1", Path.cwd()
    path = Path(frame.f_code.co_filename).absolute()
    return f"Task '{given.get('name')}' ({path}:{frame.f_lineno})", f"{path}:{frame.f_lineno}", path.parent


def _node_of(value: Any, what: str) -> str:
    if isinstance(value, Call | Results):
        return value.node
    if isinstance(value, str):
        return value
    raise SluiceError("GraphInvalid", f"{what}: after: expected what a call of a task gave, got {value!r}.")


def _parameter(name: str, optional: bool) -> inspect.Parameter:
    empty = inspect.Parameter.empty
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None if optional else empty)


def _optional_of(uri: str | None) -> bool:
    return uri is not None


def _first(names: list[str], wanted: tuple[str, ...], part: str) -> str | None:
    for name in wanted:
        if name in names:
            return name
    return next((name for name in names if part in name), None)


def _algorithm_channel(name: str, count: int) -> str:
    """The channel of an algorithm that a parameter is, whose channels have names of their own."""
    for channel in ("validation", "train"):
        if channel[:3] in name:
            return channel
    return "train" if count == 1 else name


def _has_program(task: dict[str, Any]) -> bool:
    return any(member in task for member in ("script", "command", "framework", "image", "modelName"))


def _camel(given: dict[str, Any]) -> dict[str, Any]:
    """Members in a graph's case: `min_instance_count` is `minInstanceCount`, and `…_seconds` says `…InSeconds`."""
    made: dict[str, Any] = {}
    for key, value in given.items():
        name = re.sub(r"(?<!_in)_seconds$", "_in_seconds", key)
        made[re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)] = value
    return made


def _vpc(given: dict[str, Any]) -> dict[str, Any]:
    """In a graph's case, from SageMaker's or Python's."""
    names = {"Subnets": "subnets", "SecurityGroupIds": "securityGroupIds", "security_group_ids": "securityGroupIds"}
    return {names.get(key, key): list(value) for key, value in given.items()}


def _checkpoint(given: Any, directory: Path) -> dict[str, Any]:
    made = {"localPath": "/opt/ml/checkpoints"}
    if isinstance(given, str):
        return {**made, "s3Uri": to_uri(given, directory)}
    names = {"s3_uri": "s3Uri", "S3Uri": "s3Uri", "local_path": "localPath", "LocalPath": "localPath"}
    return {**made, **{names.get(str(key), str(key)): value for key, value in dict(given).items()}}
