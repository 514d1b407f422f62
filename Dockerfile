# syntax=docker/dockerfile:1
# Two stages: the first makes the environment from the locked list, the second runs it and holds
# neither pip's cache nor the build tools.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/toxmon && python -m venv /opt/build
COPY requirements/build.txt requirements/runtime.txt requirements/
# The environment changes only with its list, so this layer is kept while the code changes.
RUN /opt/toxmon/bin/pip install --require-hashes -r requirements/runtime.txt \
    && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY protocols protocols
COPY toxmon toxmon
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /build/dist . \
    && /opt/toxmon/bin/pip install --no-deps --no-index /build/dist/*.whl

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/toxmon --create-home toxmon
COPY --from=build /opt/toxmon /opt/toxmon
ENV PATH=/opt/toxmon/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/toxmon
EXPOSE 8080
# "Ready" is more than alive: the database answers and has every migration.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health/ready', timeout=4)"]
CMD ["toxmon", "serve", "--host", "0.0.0.0"]
