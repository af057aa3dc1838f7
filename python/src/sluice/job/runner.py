"""Runs a function of the bundle as a job: what it takes comes from the job's inputs, what it returns becomes outputs."""

import importlib
import importlib.util
import json
import os
import shutil
import sys
import traceback
from typing import Any, Dict, List, Tuple

from . import stand_in
from .channels import channel, files, parameters
from .layout import RESULTS, is_first_host, place, processing_job
from .places import Directory, File
from .values import decode, describe, encode, hints_of, kind_of, results_of, show
from .written import check_written


def main() -> None:
    """Runs what `SLUICE_FUNCTION` names, `module:function`, and ends the process."""
    try:
        function = _load(os.environ["SLUICE_FUNCTION"])
        result = function(**_arguments(function))
        if is_first_host():
            _write_results(function, result)
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (0, None):
            raise
        _tell(error)
        sys.exit(1)


def _load(name: str) -> Any:
    module_name, _, path = name.partition(":")
    stand_in.install()
    stopped: Any = None
    try:
        module = importlib.import_module(module_name)
    except stand_in.Stop as stop:
        stopped, module = stop, stop.module(module_name)
    found = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if callable(found):
        return found
    raise stopped or AttributeError("There is no function '%s' in module '%s'." % (path, module_name))


def _arguments(function: Any) -> Dict[str, Any]:
    given = parameters()
    hints = hints_of(function)
    names = function.__code__.co_varnames[: function.__code__.co_argcount + function.__code__.co_kwonlyargcount]
    arguments: Dict[str, Any] = {}
    for name in names:
        kind = kind_of(hints.get(name, Any))
        if not kind.is_place:
            if name in given:
                arguments[name] = decode(hints.get(name, Any), given[name])
        elif not kind.optional or _has_channel(name):
            arguments[name] = _open(name, kind.name, hints[name])
    return arguments


def _has_channel(name: str) -> bool:
    try:
        return bool(channel(name))
    except FileNotFoundError:
        return False


def _open(name: str, kind: str, annotation: Any) -> Any:
    directory = channel(name)
    if kind == "dataframe":
        return _read_frame(name)
    if kind == "directory":
        return _as(annotation, Directory, directory)
    top = [os.path.join(directory, each) for each in sorted(os.listdir(directory)) if not each.startswith(".")]
    single = top[0] if len(top) == 1 and os.path.isfile(top[0]) else None
    if kind == "file":
        if single is None:
            raise FileNotFoundError("'%s': expected one file, got %d in %s" % (name, len(files(name)), directory))
        return _as(annotation, File, single)
    import pathlib

    return pathlib.Path(single or directory)


def _as(annotation: Any, default: Any, path: str) -> Any:
    """A place by the type that the function names; Flyte's own where it is stood for here."""
    kinds = [each for each in (annotation, *getattr(annotation, "__args__", ())) if isinstance(each, type)]
    return next((kind(path) for kind in kinds if issubclass(kind, default)), default(path))


def _read_frame(name: str) -> Any:
    import pandas

    found = files(name)
    ending = os.path.splitext(found[0][:-3] if found[0].endswith(".gz") else found[0])[1].lower()
    readers = {".csv": pandas.read_csv, ".json": pandas.read_json, ".parquet": pandas.read_parquet}
    if ending in (".jsonl", ".ndjson"):
        frames = [pandas.read_json(path, lines=True) for path in found]
    else:
        reader: Any = readers.get(ending, pandas.read_parquet)
        frames = [reader(path) for path in found]
    return frames[0] if len(frames) == 1 else pandas.concat(frames, ignore_index=True)


def _write_frame(frame: Any, path: str) -> None:
    """As pandas does, but without the dictionaries that pyarrow tries for floats: they rarely repeat, and it takes as long as all else."""
    floats = [str(name) for name, dtype in zip(frame.columns, frame.dtypes) if getattr(dtype, "kind", "") == "f"]
    if not floats or not _has("pyarrow"):
        frame.to_parquet(path)
        return
    others = [str(name) for name in [*frame.columns, *frame.index.names] if str(name) not in floats]
    frame.to_parquet(path, engine="pyarrow", use_dictionary=others or False)


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _write_results(function: Any, result: Any) -> None:
    expected = results_of(hints_of(function).get("return", None))
    if not expected:
        return
    if len(expected) == 1 and expected[0][0] == "o0":
        values: List[Any] = [result]
    else:
        if not isinstance(result, (tuple, list)) or len(result) != len(expected):
            raise TypeError("its result: expected %d values, got %s" % (len(expected), describe(result)))
        values = list(result)
    directory = os.path.join(_output_directory(), RESULTS)
    os.makedirs(directory, exist_ok=True)
    for (name, annotation), value in zip(expected, values):
        check_written(function, value)
        text = json.dumps(_encode_result(name, annotation, value, directory))
        with open(os.path.join(directory, name + ".json"), "w", encoding="utf-8") as file:
            file.write(text)


def _output_directory() -> str:
    return place("/opt/ml/processing/output" if processing_job() is not None else "/opt/ml/output/data")


def _encode_result(name: str, annotation: Any, value: Any, directory: str) -> Any:
    frame: Any = value
    where = "its result" if name == "o0" else "its result '%s'" % name
    kind = kind_of(annotation)
    if kind.name == "value":
        return _uploaded(value) or encode(annotation, value, where)
    if value is None and kind.optional:
        return None
    own = os.path.join(directory, name)
    if kind.name == "dataframe":
        if type(value).__name__ != "DataFrame":
            raise TypeError("%s: expected a DataFrame, got %s" % (where, describe(value)))
        os.makedirs(own, exist_ok=True)
        _write_frame(frame, os.path.join(own, name + ".parquet"))
        return _uploaded(os.path.join(own, name + ".parquet"))
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError("%s: expected %s, got %s" % (where, show(annotation), describe(value)))
    path = os.path.abspath(os.fspath(value))
    if not os.path.exists(path):
        raise FileNotFoundError("%s: there is no %s" % (where, path))
    uri = _uploaded(path)
    if uri is not None:
        return uri
    os.makedirs(own, exist_ok=True)
    target = os.path.join(own, os.path.basename(path))
    if os.path.isdir(path):
        shutil.copytree(path, target)
    else:
        shutil.copyfile(path, target)
    uri = _uploaded(target)
    if uri is None:
        raise ValueError("%s: a training job leaves archives: put %s below /opt/ml/model" % (where, path))
    return uri


def _uploaded(value: Any) -> Any:
    """The URI of what is uploaded from a path; None for any other value."""
    if not isinstance(value, (str, os.PathLike)):
        return None
    path = os.fspath(value)
    if not isinstance(path, str) or not path.startswith("/") or "\n" in path:
        return None
    path = place(os.path.normpath(path))
    best: Tuple[str, str] = ("", "")
    for local, uri in _outputs():
        if (path == local or path.startswith(local + "/")) and len(local) > len(best[0]):
            best = (local, uri)
    local, uri = best
    if not uri:
        return None
    if uri.endswith(".tar.gz"):
        return uri
    rest = path[len(local) :]
    return uri.rstrip("/") + rest + ("/" if os.path.isdir(path) else "")


def _outputs() -> List[Tuple[str, str]]:
    job = processing_job()
    if job is not None:
        outputs = ((job.get("ProcessingOutputConfig") or {}).get("Outputs")) or []
        places = [each["S3Output"] for each in outputs if each.get("S3Output")]
        return [(place(each["LocalPath"].rstrip("/")), each["S3Uri"]) for each in places]
    uri = os.environ.get("SLUICE_JOB_OUTPUT")
    if not uri:
        return []
    return [
        (place("/opt/ml/model"), uri + "/model.tar.gz"),
        (place("/opt/ml/output/data"), uri + "/output.tar.gz"),
    ]


def _tell(error: BaseException) -> None:
    """Prints the traceback without the frames of this module, and leaves the reason where the platform reads it."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    sys.stdout.flush()
    lines = traceback.format_exception(type(error), error, frames)
    if frames is None:
        lines = ["Traceback (most recent call last):\n", *traceback.format_exception_only(type(error), error)]
    sys.stderr.write("".join(lines))
    sys.stderr.flush()
    reason = "".join(traceback.format_exception_only(type(error), error)).strip()[:800] + _own_line(error)
    target = place("/opt/ml/output/message" if processing_job() is not None else "/opt/ml/output/failure")
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(reason[:1000])
    except OSError:
        pass


def _own_line(error: BaseException) -> str:
    """The line of the job's own code that it comes from: a log's end may show libraries alone."""
    code = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    runner = os.path.dirname(os.path.abspath(__file__))
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.abspath(frame.filename).startswith(code + os.sep)
        and not os.path.abspath(frame.filename).startswith(runner + os.sep)
        and "site-packages" not in frame.filename
    ]
    if not own:
        return ""
    frame = own[-1]
    return "\nAt %s:%s, in %s: %s" % (os.path.relpath(frame.filename, code), frame.lineno, frame.name, frame.line)
