# syntax=docker/dockerfile:1
# One image for the web server, the two workers, beat and migrations: only the command differs (compose.yaml).
# The tags are exact; for builds that can't change at all add the digest: python:3.11.14-slim-bookworm@sha256:…
# Node is the version of the wheel that `make run` uses, Debian the one that it was measured on.

# --- The listening page ----------------------------------------------------------------------------------------------
FROM node:24.19.0-bookworm-slim AS page
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts
COPY web/ ./
RUN npm run build

# --- The local edge and R2, for compose.yaml only: in production Cloudflare is both ----------------------------------
FROM node:24.19.0-bookworm-slim AS edge
WORKDIR /edge
COPY edge/package.json edge/package-lock.json edge/.npmrc ./
RUN npm ci --ignore-scripts --omit=dev && install -d -o node -g node /state
COPY edge/serve.mjs edge/simulator.mjs ./
COPY edge/src/ src/
USER 1000
ENV EDGE_HOST=0.0.0.0 EDGE_PORT=8787 EDGE_STATE_DIR=/state
EXPOSE 8787
CMD ["node", "serve.mjs"]

# --- Python packages: wheels only, so nothing is compiled and the final image needs no apt ---------------------------
FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /build
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --no-cache-dir --no-deps --only-binary=:all: --requirement requirements.txt

# --- What runs -------------------------------------------------------------------------------------------------------
FROM python:3.11.14-slim-bookworm AS app
RUN useradd --uid 10001 --no-log-init --create-home backbeat && install -d -o backbeat -g backbeat /mail
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=streaming.settings.base \
    STATIC_ROOT=/static \
    WEB_PROCESSES=2 \
    WEB_THREADS=8
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY streaming/ streaming/
COPY accounts/ accounts/
COPY billing/ billing/
COPY catalog/ catalog/
COPY playback/ playback/
COPY offline/ offline/
COPY analytics/ analytics/
COPY --from=page /build/web/dist web/dist/
# Needs no setting: what is missing is reported by `manage.py check`, and nothing secret is in the image.
RUN python -m compileall -q . && python manage.py collectstatic --no-input --verbosity 0
USER 10001
EXPOSE 8000
# Any answer below 500 is life: behind a proxy ALLOWED_HOSTS may refuse the name 127.0.0.1.
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s CMD ["python", "-c", "\
import http.client; connection = http.client.HTTPConnection('127.0.0.1', 8000, timeout=3); \
connection.request('GET', '/livez'); raise SystemExit(connection.getresponse().status >= 500)"]
# The flags of streaming/devstack/backend.py; the numbers come from the settings that the connection budget reads.
CMD ["sh", "-c", "exec gunicorn streaming.wsgi --bind=0.0.0.0:8000 --workers=\"$WEB_PROCESSES\" \
--worker-class=gthread --threads=\"$WEB_THREADS\" --preload --graceful-timeout=3 --no-control-socket \
--forwarder-headers= --access-logfile=-"]
