# Two images of one code: `worker` trains and fuses, `controller` watches Jobs and has no torch.
#
#   docker build --target worker     --tag ltk8s/worker:dev     --build-arg REVISION=$(git rev-parse HEAD) .
#   docker build --target controller --tag ltk8s/controller:dev --build-arg REVISION=$(git rev-parse HEAD) .
#
# This needs BuildKit (`RUN --mount`): set DOCKER_BUILDKIT=1 where Docker is older than 23, or install buildx. buildah does too.
#
# Behind a proxy that signs with a certificate authority of its own, or with an index of one's own, add
#   --secret id=ca,src=corporate.pem --build-arg SSL_CERT_FILE=/run/secrets/ca --build-arg INDEX_URL=https://…
# Both stay in the stage `tools`, of which no image keeps anything. An index with a password in its URL is a secret too, since
# builders print arguments: --secret id=index_url,src=FILE in place of the last.

# Any Debian-like image with Python 3.11 or newer, its venv module and ca-certificates.
ARG BASE=python:3.12-slim-bookworm


FROM ${BASE} AS tools
ARG SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
ARG INDEX_URL=
COPY requirements/build.lock /opt/tools/
RUN --mount=type=secret,id=ca --mount=type=secret,id=index_url \
    cp "$SSL_CERT_FILE" /opt/tools/ca.pem \
    && index=$(cat /run/secrets/index_url 2> /dev/null || echo "$INDEX_URL") \
    && printf 'no-cache = true\ncompile-bytecode = true\n' > /opt/tools/uv.toml \
    && if [ -n "$index" ]; then printf 'index-url = "%s"\n' "$index" >> /opt/tools/uv.toml; fi \
    && python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes \
       --cert /opt/tools/ca.pem ${index:+--index-url "$index"} --requirement /opt/tools/build.lock


# The code as a wheel, installed under a prefix of its own: a change of code moves this alone, not what lies below it.
FROM tools AS code
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY jobs jobs
COPY ltk8s ltk8s
RUN /opt/tools/bin/python -m hatchling build --target wheel \
    && python3 -m venv --without-pip /opt/ltk8s \
    && PYC_INVALIDATION_MODE=UNCHECKED_HASH /opt/tools/bin/uv --config-file /opt/tools/uv.toml --offline pip install --quiet \
       --python /opt/ltk8s/bin/python --prefix /opt/code --no-deps --link-mode copy dist/*.whl \
    && rm -f /opt/code/.lock


# What both images are but for their packages. Nothing is written at run time but under /tmp, so the root may be read-only;
# caches of matplotlib, triton and the like follow HOME. USER is a number, for runAsNonRoot cannot judge a name.
FROM ${BASE} AS runtime
ENV PATH=/opt/ltk8s/bin:$PATH HOME=/tmp USER=ltk8s PYTHONUNBUFFERED=1
RUN python3 -m venv --without-pip /opt/ltk8s
WORKDIR /tmp


FROM runtime AS controller
COPY requirements/controller.lock /opt/ltk8s/requirements.lock
RUN --mount=type=bind,from=tools,source=/opt/tools,target=/opt/tools \
    SSL_CERT_FILE=/opt/tools/ca.pem PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    /opt/tools/bin/uv --config-file /opt/tools/uv.toml pip install --quiet \
    --python /opt/ltk8s/bin/python --no-deps --require-hashes --requirement /opt/ltk8s/requirements.lock \
    && rm -f /opt/ltk8s/.lock
COPY --from=code /opt/code /opt/ltk8s
ARG VERSION=0.1.0
ARG REVISION=
ENV LTK8S_REVISION=$REVISION
LABEL org.opencontainers.image.title="ltk8s controller" \
      org.opencontainers.image.description="Releases held Jobs once what they wait for is committed" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.licenses=MIT
USER 10001:10001
ENTRYPOINT ["ltk8s"]
CMD ["controller"]


FROM runtime AS worker
COPY requirements/worker.lock /opt/ltk8s/requirements.lock
RUN --mount=type=bind,from=tools,source=/opt/tools,target=/opt/tools \
    SSL_CERT_FILE=/opt/tools/ca.pem PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    /opt/tools/bin/uv --config-file /opt/tools/uv.toml pip install --quiet \
    --python /opt/ltk8s/bin/python --no-deps --require-hashes --requirement /opt/ltk8s/requirements.lock \
    && rm -f /opt/ltk8s/.lock
COPY --from=code /opt/code /opt/ltk8s
ARG VERSION=0.1.0
ARG REVISION=
ENV LTK8S_REVISION=$REVISION NVIDIA_DRIVER_CAPABILITIES=compute,utility
LABEL org.opencontainers.image.title="ltk8s worker" \
      org.opencontainers.image.description="Trains one learner, or evaluates a fusion, and commits the result" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.licenses=MIT
USER 10001:10001
ENTRYPOINT ["python", "-m", "ltk8s.worker"]
