"""One test of a connection, in a child of its own: what the hook of its type says about it."""

import os
import sys

# The connection goes by this id here. Its own may also be known to an environment variable or a
# secrets backend, which the SDK asks first; those hold what is stored, not what is to be tested.
CONNECTION_ID = "tradewind_connection_under_test"


class Verdict:
    """Has the one method of a message that the SDK's channel needs."""

    def __init__(self, status, message):
        self._body = {"type": "ConnectionTestVerdict", "status": status, "message": message}

    def model_dump(self):
        return self._body


def run():
    """Asks the server for the connection, tests it, and tells the verdict."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"

    from airflow.sdk.execution_time import comms, task_runner

    task_runner.SUPERVISOR_COMMS = comms.CommsDecoder()
    try:
        status, message = _tested()
    except Exception as error:
        status, message = False, _told(error)
    # Not answered: the server ends this process, and whatever a hook has started in its group.
    task_runner.SUPERVISOR_COMMS.send(Verdict(status, message))


def _tested():
    from airflow.sdk.definitions.connection import Connection

    conn_type = Connection.get(CONNECTION_ID).conn_type
    hook, problem = _hook_of(conn_type)
    if hook is None:
        return False, problem
    test = getattr(hook, "test_connection", None)
    if test is None:
        name = type(hook).__name__
        return False, f"{name}, the hook of type {conn_type}, has no test. Run a task that uses the connection."
    answer = test()
    if not (isinstance(answer, tuple) and len(answer) == 2):
        name = type(hook).__name__
        return False, f"The test of {name} gave neither a status nor a message. Its provider is at fault."
    status, message = answer
    return bool(status), str(message)


def _hook_of(conn_type):
    """The hook of a connection type, or None and what to do about it."""
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    hooks = ProvidersManagerTaskRuntime().hooks
    if conn_type not in hooks:
        return None, (
            f'No installed provider knows the connection type "{conn_type}". Correct the type, or install the '
            f"provider that has it into {sys.prefix}."
        )
    found = hooks[conn_type]
    if found is None:
        return None, (
            f'The hook of connection type "{conn_type}" cannot be imported. Install what its provider needs into '
            f"{sys.prefix}."
        )
    if found.hook_class_name is None:
        return None, f'There is nothing to test: the connection type "{conn_type}" has no hook.'
    hook_class = import_string(found.hook_class_name)
    return hook_class(**{found.connection_id_attribute_name: CONNECTION_ID}), None


def _told(error):
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
