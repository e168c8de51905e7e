"""PyTorch at its best: settings that are read when a process starts.

glibc gives every large tensor back to the system, so that each step faults its pages in again
(training up to 2.3x, a forward pass up to 2.4x slower). OpenBLAS of 2022 (Debian 12) takes newer
processors with AVX-512 for ones without (training up to 1.5x slower).
"""
import json
import os
import sys
import time


def restart():
    """Starts this program again with the settings, unless it has them."""
    if "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return
    os.environ.update(MALLOC_TRIM_THRESHOLD_="4000000000", MALLOC_MMAP_THRESHOLD_="2000000000", MALLOC_TOP_PAD_="268435456")
    try:
        with open("/proc/cpuinfo") as cpu:
            if "avx512vl" in cpu.read():
                os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
    except OSError:
        pass
    os.execv(sys.executable, [sys.executable, *sys.argv])


def say(answer):
    """Prints an answer, with the milliseconds of processor time so far as "cpu"."""
    print(json.dumps({**answer, "cpu": 1e3 * time.process_time()}), flush=True)
