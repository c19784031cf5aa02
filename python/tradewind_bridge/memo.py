"""What a template holds of one parsed DAG file, and what its forks must not share of it."""

import contextlib
import sys


class Memo:
    """Makes stock ``parse`` find the bundle and the parsed file instead of making them anew."""

    def __init__(self, name, relative_fileloc, bundle, bag):
        self._name = name
        self._relative_fileloc = relative_fileloc
        self._bundle = bundle
        self._bag = bag

    def is_whole(self):
        return bool(self._bag.dags) and not self._bag.import_errors

    def covers(self, what):
        dag = self._bag.dags.get(what.ti.dag_id)
        return (
            what.bundle_info.name == self._name
            and what.bundle_info.version is None
            and what.dag_rel_path == self._relative_fileloc
            and dag is not None
            and what.ti.task_id in dag.task_dict
        )

    @contextlib.contextmanager
    def in_place(self):
        from airflow.dag_processing import dagbag
        from airflow.sdk.execution_time import task_runner

        _reseed_numpy()
        stock = (dagbag.BundleDagBag, task_runner.DagBundlesManager)
        dagbag.BundleDagBag = lambda *_, **__: self._bag
        task_runner.DagBundlesManager = lambda *_, **__: self
        try:
            yield
        finally:
            dagbag.BundleDagBag, task_runner.DagBundlesManager = stock

    def get_bundle(self, name, version=None):
        return self._bundle


def _numpy_global_generator():
    mtrand = sys.modules.get("numpy.random.mtrand")
    return getattr(getattr(mtrand, "_rand", None), "_bit_generator", None)


def numpy_is_seeded():
    """A generator that was seeded by hand has no seed sequence any more."""
    generator = _numpy_global_generator()
    return generator is not None and getattr(generator, "_seed_seq", True) is None


def _reseed_numpy():
    """Forks of one template must not draw the same numbers; Python does this for ``random``."""
    if _numpy_global_generator() is not None:
        sys.modules["numpy.random"].seed()
