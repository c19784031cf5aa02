"""Which Airflow the interpreter holds (protocol 1.17)."""

import hashlib
import json
import platform
from importlib import metadata, resources


def report():
    """Returns what the Rust side needs to choose its tables of message bodies."""
    from airflow.sdk.api.datamodels import _generated

    try:
        schema = resources.files("airflow.sdk.execution_time.schema").joinpath("schema.json").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        # Before SDK 1.3.
        schema = None
    return {
        "airflow": _version_of("apache-airflow-core"),
        "sdk": _version_of("apache-airflow-task-sdk"),
        "api_version": json.loads(schema)["api_version"] if schema else None,
        "execution_api_version": getattr(_generated, "API_VERSION", None),
        "python": platform.python_version(),
        "schema_sha256": hashlib.sha256(schema).hexdigest() if schema else None,
    }


def _version_of(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
