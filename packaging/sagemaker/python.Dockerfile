# An image in which scripts for Python run on SageMaker: training, processing, and models. Its context is Sluice's package:
#   docker build -f node_modules/sluice/packaging/sagemaker/python.Dockerfile -t sluice-python:3 node_modules/sluice
ARG BASE=docker.io/library/python:3.12-slim-bookworm
FROM ${BASE}

# What starts models: SageMaker runs `serve`. It listens beyond loopback, which no port of a container leads to.
COPY dist/serving/python /opt/sluice/serving
COPY --chmod=0755 packaging/sagemaker/serve-python /usr/local/bin/serve
ENV LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SLUICE_BIND_TO_ADDRESS=0.0.0.0
# What your scripts import: RUN python3 -m pip install --no-cache-dir pandas scikit-learn
