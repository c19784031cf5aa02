"""Starts the bridge; run as ``<python> <folder>/tradewind_bridge``."""

import os
import sys

# The interpreter put this folder on the path, which would offer our modules under bare names.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from tradewind_bridge.bridge import main  # noqa: E402

# User code must see the path that it would see under stock Airflow.
del sys.path[0]

main()
