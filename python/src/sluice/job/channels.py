"""Data and values of the job that this runs in."""

import json
import os
from typing import Any, Dict, List

from .layout import place, processing_job, read_json


def channel(name: str) -> str:
    """The directory of an input: of a training channel, or an input of a processing job.

    In Pipe mode it is what the names of the channel's FIFOs begin with.
    """
    found = _channels()
    if name in found:
        return found[name]
    raise FileNotFoundError("There is no channel '%s'. %s" % (name, _listed("channel", sorted(found))))


def files(name: str) -> List[str]:
    """The paths of an input's files, sorted, with those in directories below it, without hidden ones."""
    directory = channel(name)
    if os.path.exists(directory + "_0"):
        raise FileNotFoundError(
            "Channel '%s' comes in Pipe mode: read the FIFO %s_0, then %s_1, and so on." % (name, directory, directory)
        )
    found = _files_below(directory)
    if found:
        return found
    raise FileNotFoundError(
        "Channel '%s' (%s) has no files. %s" % (name, directory, _listed("channel", sorted(_channels())))
    )


def read_csv(name: str, file: str, **options: Any) -> Any:
    """The file of an input as a pandas DataFrame; `options` are those of `pandas.read_csv`."""
    directory = channel(name)
    path = os.path.join(directory, file)
    if not os.path.isfile(path):
        there = [os.path.relpath(each, directory) for each in _files_below(directory)]
        raise FileNotFoundError(
            "There is no file '%s' in channel '%s' (%s). %s" % (file, name, directory, _listed("file", there))
        )
    import pandas

    return pandas.read_csv(path, **options)


def parameters() -> Dict[str, Any]:
    """The values that the job was given: its parameters, or a training job's hyperparameters."""
    pieces: List[str] = []
    while True:
        piece = os.environ.get("SLUICE_PARAMETERS_%d" % len(pieces))
        if piece is None:
            break
        pieces.append(piece)
    if pieces:
        return json.loads("".join(pieces))
    own = read_json(place("/opt/ml/input/config/hyperparameters.json")) or {}
    return {name: _decode(text) for name, text in own.items() if not name.startswith("sagemaker_")}


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _channels() -> Dict[str, str]:
    found: Dict[str, str] = {}
    for name in json.loads(os.environ.get("SM_CHANNELS", "[]")):
        found[name] = os.environ.get("SM_CHANNEL_" + name.upper(), place("/opt/ml/input/data/" + name))
    job = processing_job()
    for each in (job or {}).get("ProcessingInputs") or []:
        local = (each.get("S3Input") or each.get("DatasetDefinition") or {}).get("LocalPath")
        if local and each["InputName"] != "code":
            found[each["InputName"]] = place(local)
    if not found:
        for directory in (place("/opt/ml/input/data"), place("/opt/ml/processing/input")):
            if os.path.isdir(directory):
                for name in os.listdir(directory):
                    if name != "code" and os.path.isdir(os.path.join(directory, name)):
                        found[name] = os.path.join(directory, name)
    return found


def _files_below(directory: str) -> List[str]:
    found: List[str] = []
    for below, names, own in os.walk(directory):
        names[:] = [name for name in names if not name.startswith(".")]
        found.extend(os.path.join(below, name) for name in own if not name.startswith("."))
    return sorted(found)


def _listed(what: str, names: List[str]) -> str:
    if not names:
        return "There are no %ss." % what
    shown = ", ".join(names[:20]) + (", and %d more" % (len(names) - 20) if len(names) > 20 else "")
    return "There %s: %s." % ("is" if len(names) == 1 else "are", shown)
