"""Several hosts that train one model, by XGBoost's own means.

First all hosts say whether they have data; those that have none leave, and the others train.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import xgboost

from errors import UserError

#: All hosts are on this machine.
ADDRESS = "127.0.0.1"
CONNECT_SECONDS = 300
#: Whether XGBoost is one of those (from 2.1 on) whose tracker was written anew.
NEW_TRACKER = hasattr(xgboost.collective, "Config")


def run_distributed(hosts: Sequence[str], current: str, ports: Sequence[int], has_data: bool, run: Callable[..., Any]):
    """Calls `run(is_master)` on every host that has data."""
    hosts = sorted(hosts)
    with Cluster(hosts, current, ports[0]):
        with_data = [host for host, has in _tell(hosts, current, has_data) if has]
    if not with_data:
        raise UserError("No hosts received training data.")
    if not has_data:
        logging.warning("Host %s not being used for distributed training.", current)
        sys.exit(0)
    if len(with_data) == 1:
        return run(True)
    with Cluster(with_data, current, ports[1]):
        return run(current == with_data[0])


def _tell(hosts: Sequence[str], current: str, has_data: bool):
    mine = hosts.index(current)
    told = []
    for rank in range(len(hosts)):
        message = json.dumps([current, has_data]) if rank == mine else ""
        told.append(json.loads(xgboost.collective.broadcast(message, rank)))
    return told


class Cluster:
    """The hosts that work together; the first one keeps the tracker."""

    def __init__(self, hosts: Sequence[str], current: str, port: int):
        self._tracker = _start_tracker(len(hosts), port) if current == hosts[0] else None
        self._arguments = _worker_arguments(port, "%05d" % hosts.index(current))

    def __enter__(self):
        self._context = xgboost.collective.CommunicatorContext(**self._arguments)
        self._context.__enter__()
        return self

    def __exit__(self, *failure: Any):
        self._context.__exit__(*failure)
        if self._tracker is None:
            return
        if NEW_TRACKER:
            self._tracker.wait_for(timeout=CONNECT_SECONDS)
        else:
            self._tracker.join()


def _start_tracker(count: int, port: int):
    from xgboost.tracker import RabitTracker

    tracker = RabitTracker(n_workers=count, host_ip=ADDRESS, port=port, sortby="task")
    tracker.start(*([] if NEW_TRACKER else [count]))
    return tracker


def _worker_arguments(port: int, task: Any):
    if not NEW_TRACKER:
        return {"DMLC_TRACKER_URI": ADDRESS, "DMLC_TRACKER_PORT": port, "DMLC_TASK_ID": task}
    # The tracker may start later than the others.
    return {
        "dmlc_tracker_uri": ADDRESS,
        "dmlc_tracker_port": port,
        "dmlc_task_id": task,
        "dmlc_timeout": CONNECT_SECONDS,
        "dmlc_retry": 100,
    }
