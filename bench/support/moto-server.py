"""moto's own server, whose backend has stored training jobs before it answers.

moto-server.py PORT: each line of stdin is a request as CreateTrainingJob takes it, in JSON.
"""

import inspect
import json
import sys

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sagemaker.models import sagemaker_backends
from moto.server import main

backend = sagemaker_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
members = {
    parameter: "".join(word.capitalize() for word in parameter.split("_"))
    for parameter in inspect.signature(backend.create_training_job).parameters
}
for line in sys.stdin:
    request = json.loads(line)
    backend.create_training_job(**{parameter: request.get(member) for parameter, member in members.items()})
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
