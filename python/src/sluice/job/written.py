"""Whether a function has written what it says that it has."""

import ast
import importlib
import inspect
import os
import textwrap
from typing import Any, Optional


def check_written(function: Any, result: Any) -> None:
    """Looks for the data at an `s3://…` that stands in the function's own source, where boto3 can.

    Raises FileNotFoundError that names the line which returns it, where there is nothing: whoever reads it would fail,
    and could not tell why.
    """
    if not isinstance(result, str) or not result.startswith("s3://"):
        return
    line = _line_that_returns(function, result)
    if line is None or _is_there(result) is not False:
        return
    raise FileNotFoundError(
        "%s:%d: %s returns '%s', and there is nothing: nothing was written to it. Return the path of what the job has "
        "written, such as '/opt/ml/model' or one below /opt/ml/processing/output, and it becomes the URI of its upload."
        % (os.path.basename(function.__code__.co_filename), line, function.__name__, result)
    )


def _line_that_returns(function: Any, text: str) -> Optional[int]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    names = [
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _text(node.value) == text
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            if _text(value) == text or (isinstance(value, ast.Name) and value.id in names):
                return int(function.__code__.co_firstlineno + node.lineno - 1)
    return None


def _text(node: Any) -> Optional[str]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _is_there(uri: str) -> Optional[bool]:
    """None: that is not to be known here."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    try:
        boto3: Any = importlib.import_module("boto3")
        found = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    except Exception as error:
        answer: Any = getattr(error, "response", None) or {}
        return False if answer.get("Error", {}).get("Code") == "NoSuchBucket" else None
    return bool(found.get("KeyCount"))
