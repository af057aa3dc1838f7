"""Where the parts of a job lie."""

import json
import os
import sys
from typing import Any, Dict, Optional

RESULTS = "sluice-results"


def root() -> str:
    """`/opt/ml`, or what stands for it where a job is a plain process."""
    config = os.environ.get("SM_INPUT_CONFIG_DIR", "")
    if config.endswith("/input/config"):
        return config[: -len("/input/config")]
    script = os.path.abspath(sys.argv[0] or "")
    at = script.find("/opt/ml/")
    return "/opt/ml" if at < 0 else script[: at + len("/opt/ml")]


def place(path: str) -> str:
    """A path that the contract gives as `/opt/ml/…`, here."""
    return root() + path[len("/opt/ml") :] if path == "/opt/ml" or path.startswith("/opt/ml/") else path


def read_json(path: str) -> Optional[Any]:
    """What a file of the contract holds; None where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def processing_job() -> Optional[Dict[str, Any]]:
    """The request of a processing job; None in a training job."""
    return read_json(place("/opt/ml/config/processingjobconfig.json"))


def is_first_host() -> bool:
    """Whether this host is the one of several that speaks for the job."""
    config = read_json(place("/opt/ml/config/resourceconfig.json")) or read_json(
        place("/opt/ml/input/config/resourceconfig.json")
    )
    hosts = sorted((config or {}).get("hosts", []))
    return len(hosts) < 2 or (config or {}).get("current_host") == hosts[0]
