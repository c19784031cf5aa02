"""The warm Python process from which Tradewind forks task attempts, parses and tests of connections.

Run by the Rust side (crate ``tw-python``) with the user's interpreter; fd 0 is the control socket.
Reading order: ``channel`` (what is said to the Rust side), ``kernel`` and ``pages`` (processes,
signals and memory), ``warm`` and ``rehearsal`` (imports and prepared objects), ``child`` (what a
fork does), ``connection_test`` (one of those things), ``forker`` (spawn and reap), ``recording``,
``memo``, ``template`` and ``spares`` (processes that hold a parsed file, and children forked
ahead), ``templates`` (the table of them), ``bridge`` (the main process).
"""
