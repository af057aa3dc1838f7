"""The model server of Python models: a program of its own that runs inside a job, `python3 serve.py`.

It needs nothing but Python 3.9 or newer and the files beside it; what the model needs is the model's. This process
speaks HTTP; processes of its own, `serve.py --worker`, load the model and answer one request at a time each.

Environment: SAGEMAKER_BIND_TO_PORT (8080), SAGEMAKER_PROGRAM, SAGEMAKER_SUBMIT_DIRECTORY, SM_MODEL_DIR,
SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, SAGEMAKER_MODEL_SERVER_WORKERS (how many processes answer requests; see
`sluice_serving/settings.py`), SAGEMAKER_MODEL_SERVER_TIMEOUT (seconds that one answer may take; 60), SLUICE_FRAMEWORK and
SLUICE_IMAGE_VERSION (whose defaults hold), SLUICE_BIND_TO_ADDRESS (127.0.0.1).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

# Last, so that no name of this server's is found where a script's own is meant.
sys.path.append(sys.path.pop(0))

from sluice_serving.errors import ServingError
from sluice_serving.settings import settings_of


def main(arguments: Any, environment: Mapping[str, str]):
    settings = settings_of(environment)
    if arguments[:1] == ["--worker"]:
        from sluice_serving.worker import run_worker

        return run_worker(settings, environment, *map(int, arguments[1:]))
    from sluice_serving.front import serve

    return asyncio.run(serve(settings))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except ServingError as error:
        sys.stderr.write("Model server: %s\n" % error)
        sys.exit(1)
