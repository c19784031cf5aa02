"""Everything that forks share: imported modules and prepared objects.

Stock code is replaced at a few names only, each checked first. Where a check fails the stock code
stays and a note says so: a child is then slower, never wrong.
"""

import functools
import gc
import importlib
import inspect
import os

from tradewind_bridge import child, recording, rehearsal

# The number under which every process logs, once `share_logging` succeeded.
log_descriptor = None

# What a no-op attempt or a parse would import in the child, found by comparing ``sys.modules``
# before the fork and at the end. Providers are optional: a DAG that needs them imports them.
REQUIRED_MODULES = (
    "airflow.sdk",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.comms",
    "airflow.dag_processing.dagbag",
    "airflow.dag_processing.processor",
    "airflow.dag_processing.bundles.manager",
    "airflow.serialization.serialized_objects",
    "airflow.sdk.log",
)
OPTIONAL_MODULES = (
    "airflow.dag_processing.bundles.local",
    "airflow.dag_processing.importers",
    "airflow.sdk._shared.logging.factory",
    "airflow.sdk._shared.logging.remote",
    "airflow.sdk.definitions.asset.metadata",
    "airflow.sdk.definitions.context",
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.definitions.decorators.condition",
    "airflow.sdk.definitions.decorators.setup_teardown",
    "airflow.sdk.definitions.decorators.task_group",
    "airflow.sdk.definitions.retry_policy",
    "airflow.sdk.execution_time.callback_runner",
    "airflow.sdk.execution_time.context",
    "airflow.sdk.execution_time.hitl",
    "airflow.sdk.execution_time.timeout",
    "airflow.sdk.plugins_manager",
    "airflow.sdk.providers_manager_runtime",
    "airflow.sdk.serde",
    "airflow.providers.standard.decorators.bash",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.bash",
    "airflow.providers.standard.operators.empty",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.providers.standard.sensors.external_task",
    "airflow.timetables.assets",
    "airflow.timetables.events",
    "airflow.timetables.interval",
    "airflow.timetables.simple",
    "airflow.timetables.trigger",
    "airflow.version",
    "asyncio",
    "encodings.idna",
    "html",
    "jinja2.ext",
    "jinja2.nativetypes",
    "jinja2.sandbox",
    "packaging.requirements",
    "setproctitle",
    "stringprep",
)


class Checked(Exception):
    """A name to replace is missing or has another shape than the one this was written for."""


def warm_up():
    """Imports and prepares. Returns notes for the operator.

    :raises ImportError: the interpreter has no usable Airflow.
    """
    # No collection is worth its time before the fork; the heap is frozen at the end.
    gc.disable()
    notes = []
    for name in REQUIRED_MODULES:
        importlib.import_module(name)
    for name in OPTIONAL_MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            notes.append(f"not preloaded: {name}: {error}")
    for step in STEPS:
        try:
            step()
        except Exception as error:
            notes.append(f"not prepared: {step.__name__}: {type(error).__name__}: {error}")
    return notes


def require_parameters(function, names):
    """Checks a function before it is replaced.

    :raises Checked: it takes other parameters.
    """
    found = tuple(inspect.signature(function).parameters)
    if found != names:
        raise Checked(f"{function.__qualname__} takes {found}, not {names}")


class AdapterCache:
    """Stands in for ``pydantic.TypeAdapter`` in one module; builds each adapter once."""

    def __init__(self, stock):
        self._stock = stock
        self._adapters = {}

    def __call__(self, type_, **options):
        if options:
            return self._stock(type_, **options)
        try:
            adapter = self._adapters.get(type_)
        except TypeError:
            return self._stock(type_)
        if adapter is None:
            adapter = self._adapters[type_] = self._stock(type_)
        return adapter

    def __getitem__(self, _parameters):
        return self


def share_type_adapters():
    """Builds the validators of the channel once instead of twice in every child."""
    from airflow.dag_processing import processor
    from airflow.sdk.execution_time import comms, task_runner
    from pydantic import JsonValue, TypeAdapter

    modules = (comms, task_runner, processor)
    for module in modules:
        if getattr(module, "TypeAdapter", None) is not TypeAdapter:
            raise Checked(f"{module.__name__} has no TypeAdapter")
    cache = AdapterCache(TypeAdapter)
    for wanted in (comms.ToTask, JsonValue, processor.ToDagProcessor):
        cache(wanted)
    for module in modules:
        module.TypeAdapter = cache


def share_logging():
    """Configures logging once, on a fixed descriptor that every child points at its own log socket."""
    from airflow.sdk import log
    from airflow.sdk.execution_time import supervisor

    require_parameters(supervisor._configure_logs_over_json_channel, ("log_fd",))
    global log_descriptor
    fixed = os.dup(2)
    output = os.fdopen(fixed, "wb", buffering=0)
    log.load_remote_log_handler()
    log.reset_logging()
    log.configure_logging(json_output=True, output=output, sending_to_supervisor=True)

    def point_at(log_fd):
        if log_fd != fixed:
            os.dup2(log_fd, fixed, inheritable=False)

    supervisor._configure_logs_over_json_channel = point_at
    log_descriptor = fixed


def block_orm():
    """Takes the database away; also drops the engine that each fork would dispose of."""
    from airflow.sdk.execution_time import supervisor

    supervisor.block_orm_access()


def load_listeners():
    from airflow.listeners.listener import get_listener_manager as core_listeners
    from airflow.sdk.listener import get_listener_manager as sdk_listeners

    core_listeners()
    sdk_listeners()


def load_plugins():
    from airflow.sdk.plugins_manager import integrate_macros_plugins

    integrate_macros_plugins()


def load_metrics_registry():
    from airflow.sdk._shared.observability.metrics import stats

    stats._get_registry()


def load_importers_and_masker():
    from airflow.dag_processing.importers import get_importer_registry
    from airflow.sdk._shared.secrets_masker import _secrets_masker

    get_importer_registry()
    _secrets_masker()


def share_names():
    """Looks the host and user up once; stock asks the resolver in every attempt."""
    from airflow.sdk.api.client import getuser
    from airflow.sdk.execution_time import task_runner

    require_parameters(task_runner.get_hostname, ())
    hostname = functools.cache(task_runner.get_hostname)
    hostname()
    task_runner.get_hostname = hostname
    getuser()


def exercise_serializer():
    """Serializes a throw-away DAG, which loads the schema validator and the field tables."""
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    with DAG("tradewind_warm_up", schedule=None) as dag:
        EmptyOperator(task_id="nothing")
    DagSerialization.to_dict(dag)


# Blocking the database comes after all that may look at settings, the rehearsal after all that
# it is meant to use.
STEPS = (
    recording.watch_parsing_context,
    share_type_adapters,
    share_logging,
    load_listeners,
    load_plugins,
    load_metrics_registry,
    load_importers_and_masker,
    share_names,
    exercise_serializer,
    child.replace_parse,
    child.split_start,
    block_orm,
    rehearsal.rehearse,
)
