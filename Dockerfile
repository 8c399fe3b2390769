# The command and the controller, in one layer without pip, apt or setuid files. `make image` builds it.
# Python and Debian come from the base, which is pinned; packages from requirements.txt, with hashes.
ARG BASE=python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b

FROM ${BASE} AS build
SHELL ["/bin/sh", "-eux", "-c"]
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# Dependencies first: they change less often than the source.
COPY requirements.txt requirements-build.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /build; \
    python3 -m venv --without-pip /app; \
    /build/bin/pip install --quiet --require-hashes --requirement requirements-build.txt; \
    /build/bin/pip --python /app/bin/python install --quiet --no-compile --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY controller controller
# The same source gives the same bytes: the wheel has this time, and compiled files have no time in them.
ARG SOURCE_DATE_EPOCH=0
RUN /build/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /wheels .; \
    /build/bin/pip --python /app/bin/python install --quiet --no-compile --no-index --no-deps /wheels/*.whl; \
    /app/bin/python -m compileall -q --invalidation-mode unchecked-hash /app/lib; \
    chmod -R a-w /app

FROM ${BASE} AS system
SHELL ["/bin/sh", "-eux", "-c"]
# ssh asks who 65532 is. What dpkg knows stays, so that scanners see what is installed.
RUN apt-get update; \
    apt-get install --yes --no-install-recommends ca-certificates git openssh-client; \
    echo 'reconciler:x:65532:65532::/tmp:/usr/sbin/nologin' >> /etc/passwd; \
    echo 'reconciler:x:65532:' >> /etc/group; \
    dpkg --purge --force-remove-essential --force-remove-protected --force-depends apt; \
    rm -rf /var/lib/apt /var/cache/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /root/.cache \
      /usr/lib/python3*/ensurepip /usr/local/lib/python3*/ensurepip /usr/share/python-wheels \
      /usr/local/lib/python3*/site-packages/* /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/pydoc*; \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# From scratch, because what a later layer deletes stays in the image.
FROM scratch
COPY --from=system / /
COPY --from=build /app /app
ENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1
ARG BASE
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="apigateway-reconciler" \
      org.opencontainers.image.description="Declarative GitOps reconciliation for AWS API Gateway" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
WORKDIR /checkout
USER 65532:65532
ENTRYPOINT ["reconcile"]
