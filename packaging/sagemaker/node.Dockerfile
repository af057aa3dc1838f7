# An image in which scripts for Node.js run on SageMaker: training, processing, and models. Its context is Sluice's package:
#   docker build -f node_modules/sluice/packaging/sagemaker/node.Dockerfile -t sluice-node:24 node_modules/sluice
ARG BASE=docker.io/library/node:24-bookworm-slim
FROM ${BASE}

RUN if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then \
      apt-get update && apt-get install --yes --no-install-recommends ca-certificates && \
      rm -rf /var/lib/apt/lists/*; \
    fi

# What starts models: SageMaker runs `serve`. It listens beyond loopback, which no port of a container leads to.
COPY dist/serving /opt/sluice/serving
COPY --chmod=0755 packaging/sagemaker/serve-node /usr/local/bin/serve
ENV LANG=C.UTF-8 \
    NODE_OPTIONS=--disable-warning=MODULE_TYPELESS_PACKAGE_JSON \
    SLUICE_BIND_TO_ADDRESS=0.0.0.0
