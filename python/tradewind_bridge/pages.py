"""Memory pages of this process: which ones forks copy, and how to copy them at less cost.

A fork shares all memory until it writes. Each page that it writes costs a fault of some
microseconds; an attempt takes about two thousand of them, more than half of its time.
"""

import ctypes
import errno
import mmap
import sys
from array import array

PAGE_BYTES = mmap.PAGESIZE
LARGE_PAGE_BYTES = 2 << 20
# Linux 5.14 and 6.1; not in Python's mmap module.
MADV_POPULATE_WRITE = 23
MADV_COLLAPSE = 25
# Bits of an entry in /proc/self/pagemap: mapped by this process only; in memory.
EXCLUSIVE, PRESENT = 1 << 56, 1 << 63

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
if _libc is not None:
    _libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def writable_regions(anonymous_only=False):
    """Private writable memory as pairs of addresses."""
    with open("/proc/self/maps") as maps:
        lines = maps.readlines()
    for line in lines:
        addresses, permissions, _, _, _, *name = line.split()
        if permissions == "rw-p" and not (anonymous_only and name and name != ["[heap]"]):
            start, end = addresses.split("-")
            yield int(start, 16), int(end, 16)


def use_large_pages():
    """Gathers the heap in 2 MB pages, which makes each later fork and its end some milliseconds
    shorter; a fork still copies small pages where it writes. Does nothing on older kernels."""
    if _libc is None:
        return
    for start, end in writable_regions(anonymous_only=True):
        first = -(-start // LARGE_PAGE_BYTES) * LARGE_PAGE_BYTES
        for address in range(first, end - LARGE_PAGE_BYTES + 1, LARGE_PAGE_BYTES):
            if _libc.madvise(address, LARGE_PAGE_BYTES, MADV_COLLAPSE) != 0 and ctypes.get_errno() == errno.EINVAL:
                return


def copied_since_fork(regions):
    """Which pages of the given regions this fork has copied, as ranges of addresses.

    :param regions: the regions of the process that it was forked from.
    """
    ranges = array("Q")
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for start, end in regions:
            pagemap.seek(start // PAGE_BYTES * 8)
            entries = array("Q")
            entries.frombytes(pagemap.read((end - start) // PAGE_BYTES * 8))
            _append_ranges(ranges, start, entries)
    return ranges


def _append_ranges(ranges, start, entries):
    region = len(ranges)
    for number, entry in enumerate(entries):
        if not (entry & EXCLUSIVE and entry & PRESENT):
            continue
        address = start + number * PAGE_BYTES
        if len(ranges) > region and address == ranges[-1]:
            ranges[-1] = address + PAGE_BYTES
        else:
            ranges.extend((address, address + PAGE_BYTES))


def copy(ranges):
    """Copies the pages at once, which costs less than one fault for each. Does nothing on older kernels."""
    if _libc is None:
        return
    advise = _libc.madvise
    for start, end in zip(ranges[::2], ranges[1::2], strict=True):
        if advise(start, end - start, MADV_POPULATE_WRITE) != 0 and ctypes.get_errno() == errno.EINVAL:
            return
