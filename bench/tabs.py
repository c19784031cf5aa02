"""What open tabs cost a task: the time from the end of a task to its successor being queued, without and with tabs.

    python bench/tabs.py --python /path/to/python-with-the-task-sdk

A tab is a connection to the event stream that, as the browser part does, reads its screen again when a change is
reported, one round at a time. Everything runs on this machine, the tabs included.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import sys
import threading
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))


from measure import Rest, run_once, wait_for_dag  # noqa: E402
from systems import absolute, tradewind  # noqa: E402

CHAIN = "bench_chain"
SCREENS = ("/ui/home?hours=24", "/ui/dags?limit=100", f"/ui/dags/{CHAIN}/grid?runs=36", "/ui/runs?limit=100")
ROUND_GAP_SECS = 0.2  # as in the browser part


class Tabs:
    """Open tabs in a thread of their own, until `close`."""

    def __init__(self, url: str, token: str, number: int) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self.reads = 0
        self.loop = asyncio.new_event_loop()
        self.opened = threading.Barrier(2)
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(number),))
        self.thread.start()
        self.opened.wait(60)

    def close(self) -> int:
        """Closes them; answers how many screens they read."""
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join()
        return self.reads

    async def _serve(self, number: int) -> None:
        self.ended = asyncio.Event()
        ready = [asyncio.Event() for _ in range(number)]
        tabs = [asyncio.create_task(self._tab(SCREENS[i % len(SCREENS)], ready[i])) for i in range(number)]
        await asyncio.gather(*(one.wait() for one in ready))
        self.opened.wait(60)
        await self.ended.wait()
        for tab in tabs:
            tab.cancel()
        await asyncio.gather(*tabs, return_exceptions=True)

    async def _tab(self, screen: str, ready: asyncio.Event) -> None:
        events, out = await asyncio.open_connection(self.host, self.port)
        out.write(f"GET /ui/events HTTP/1.1\r\n{self.head}Accept: text/event-stream\r\n\r\n".encode())
        status = await events.readline()
        if b"200" not in status:
            raise RuntimeError(f"no event stream: {status!r}")
        ready.set()
        changed = asyncio.Event()

        async def follow() -> None:
            while line := await events.readline():
                if line.startswith(b"data:"):
                    changed.set()

        following = asyncio.create_task(follow())
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            while True:
                await changed.wait()
                changed.clear()
                for path in ("/ui/nav", screen):
                    writer.write(f"GET {path} HTTP/1.1\r\n{self.head}\r\n".encode())
                    await _body(reader)
                    self.reads += 1
                await asyncio.sleep(ROUND_GAP_SECS)
        finally:
            following.cancel()
            out.close()
            writer.close()


async def _body(reader: asyncio.StreamReader) -> None:
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)


def gaps(rest: Rest, runs: int) -> list[float]:
    """Milliseconds from the end of each task of a chain to its successor being queued."""
    found = []
    for _ in range(runs):
        run_once(rest, CHAIN)
        path = f"/dags/{CHAIN}/dagRuns/~/taskInstances?order_by=-start_date&limit=20"
        rows = sorted(rest.get(path)["task_instances"], key=lambda row: row["task_id"])
        for before, after in itertools.pairwise(rows):
            ended, queued = (datetime.fromisoformat(text) for text in (before["end_date"], after["queued_when"]))
            found.append((queued - ended).total_seconds() * 1000)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=absolute, default=HERE.parent / "target/release/tradewind")
    parser.add_argument("--python", type=absolute)
    parser.add_argument("--tabs", type=int, default=100)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    home = HERE / "out/tabs-home"
    shutil.rmtree(home, ignore_errors=True)
    with tradewind(home, HERE / "dags", options.binary, options.python) as system:
        system.wait_until_healthy()
        rest = Rest(system)
        wait_for_dag(rest, CHAIN)
        run_once(rest, CHAIN)
        p99 = {}
        for number in (0, options.tabs):
            tabs = Tabs(system.url, system.token(), number) if number else None
            taken = gaps(rest, options.runs)
            reads = tabs.close() if tabs else 0
            cuts = quantiles(taken, n=100)
            p99[number] = cuts[98]
            print(f"{number} tabs: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms of {len(taken)}; {reads} screens read")
    ratio = p99[options.tabs] / p99[0]
    print(f"p99 with tabs is {ratio:.2f} times that without (bound: 2)")
    return 0 if ratio <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
