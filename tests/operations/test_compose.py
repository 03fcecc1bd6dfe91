"""What `docker/` describes: parsed, compared with the program, and its secrets made."""

import os
import re
import stat
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from orchestrator.credentials import check
from orchestrator.duty import Duty
from orchestrator.settings import Settings
from recorder.ingest import APP

DOCKER = Path(__file__).parent.parent.parent / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("plenari:")]
MANIFESTS = [
    manifest
    for file in sorted((DOCKER / "kubernetes").glob("*.yaml"))
    if file.name != "kustomization.yaml"
    for manifest in yaml.safe_load_all(file.read_text())
]
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The secrets, as `make-secrets` makes them."""
    script = tmp_path / "make-secrets"
    script.write_bytes((DOCKER / "make-secrets").read_bytes())
    script.chmod(0o755)
    subprocess.run([script], check=True, capture_output=True)
    return tmp_path / "secrets"


def environment(service: str) -> dict[str, str]:
    """With what compose would put in the place of each variable."""
    known = {"MEET_HOST": "meet.example.cat", "PLENARI_NAME": "plenari.example.cat"}

    def fill(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"] or ""
        return known.get(name, default)

    variable = re.compile(r"\$\{(?P<name>\w+)(:[-?](?P<default>[^}]*))?\}")
    return {name: variable.sub(fill, str(value)) for name, value in SERVICES[service]["environment"].items()}


@pytest.mark.parametrize("service", SERVICES)
def test_every_image_is_pinned_and_every_service_bounded(service: str) -> None:
    described = SERVICES[service]
    tag = described["image"].rpartition(":")[2]
    assert re.search(r"\d", tag)
    assert tag not in ("latest", "stable", "unstable")
    assert described["restart"] == "unless-stopped"
    assert "mem_limit" in described or "memory" in described["deploy"]["resources"]["limits"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_file(service: str) -> None:
    for name, value in SERVICES[service].get("environment", {}).items():
        assert not SECRET.search(name) or str(value).startswith("/run/secrets/"), name


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_from_this_folder_is_there(service: str) -> None:
    for volume in SERVICES[service].get("volumes", []):
        source = volume.partition(":")[0]
        if source.startswith("./"):
            assert (DOCKER / source).exists(), source
        else:
            assert source in COMPOSE["volumes"]


def test_every_secret_is_made_once_and_kept(secrets: Path) -> None:
    for name, secret in COMPOSE["secrets"].items():
        if name == "operator-token":  # the program mints it
            continue
        assert (secrets.parent / secret["file"]).stat().st_size > 30, name
    assert stat.S_IMODE((secrets / "jitsi.env").stat().st_mode) == 0o600
    before = {file.name: file.read_bytes() for file in secrets.iterdir()}
    subprocess.run([secrets.parent / "make-secrets"], check=True, capture_output=True)
    assert {file.name: file.read_bytes() for file in secrets.iterdir()} == before
    assert len({before[name] for name in before}) == len(before)
    assert len(b64decode(before["plenari_strongbox_key"])) == 32
    assert before["plenari_jitsi_app_secret"].strip() in before["jitsi.env"]


@pytest.mark.parametrize("service", OURS)
def test_each_of_ours_serves_with_these_settings_and_secrets(service: str, secrets: Path) -> None:
    described = SERVICES[service]
    verb, only, duty = described["command"]
    assert (verb, only) == ("serve", "--only")
    with patch.dict(os.environ, environment(service), clear=True):
        settings = Settings(_secrets_dir=secrets)
    check(settings, frozenset({Duty(duty)}))
    assert settings.database.get_secret_value().startswith("postgresql://plenari:")
    assert settings.public_url == "https://plenari.example.cat"
    named = {f"PLENARI_{field.upper()}" for field in Settings.model_fields}
    assert set(described["environment"]) <= named
    assert {name.upper() for name in described["secrets"] if name.startswith("plenari")} <= named


def test_each_duty_is_somebodys() -> None:
    assert {SERVICES[name]["command"][2] for name in OURS} == set(Duty)


@pytest.mark.parametrize("service", OURS)
def test_ours_run_without_root_and_without_power(service: str) -> None:
    described = SERVICES[service]
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["read_only"] is True
    assert re.search(r"^USER plenari$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)


def test_only_encoders_reach_the_ingest() -> None:
    assert {name for name, service in SERVICES.items() if "ingest" in service["networks"]} == {"jibri", "recorder"}
    assert COMPOSE["networks"]["ingest"] == {"internal": True}
    assert not any(":19" in str(port) for port in SERVICES["recorder"].get("ports", []))


def test_the_encoder_may_send_to_the_ingest_and_nowhere_else() -> None:
    written = (DOCKER / "jibri" / "custom-jibri.conf").read_text()
    (allowed,) = re.findall(r'rtmp-allow-list = \["(.+)"\]', written)
    assert re.fullmatch(allowed, f"rtmp://ingest:41935/{APP}/aB3_-x")
    for elsewhere in (
        "rtmp://a.rtmp.youtube.com/live2/x",
        f"rtmp://ingest.evil.cat:1/{APP}/x",
        f"rtmp://ingest:1/{APP}/x?y",
    ):
        assert not re.fullmatch(allowed, elsewhere)


def test_in_kubernetes_the_same_duties_run_without_root() -> None:
    deployments = [m for m in MANIFESTS if m["kind"] == "Deployment"]
    assert {d["spec"]["template"]["spec"]["containers"][0]["args"][2] for d in deployments} == set(Duty)
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"readinessProbe", "livenessProbe", "resources"} <= container.keys()
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_in_kubernetes_the_settings_are_known() -> None:
    lines = (DOCKER / "kubernetes" / "settings.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines)
    with patch.dict(os.environ, given, clear=True):
        settings = Settings()
    assert settings.jibris[1].endswith(":2222")
    assert not any(SECRET.search(name) for name in given)


def test_kustomize_names_every_file() -> None:
    named = yaml.safe_load((DOCKER / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert {*named, "kustomization.yaml"} == {file.name for file in (DOCKER / "kubernetes").glob("*.yaml")}
