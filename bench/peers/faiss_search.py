"""faiss IndexFlatIP, for bench/search.ts.

A child process that answers one line of JSON with one line of JSON:
  {"do": "version"}                                       -> {"version"}
  {"do": "setup", "rows": [file, shape], "queries": [file, shape]} -> {}
  {"do": "search", "queries": N, "top": N}                -> {"scores": [...]}
Each answer has "cpu" besides, the milliseconds of processor time so far. One thread.
"""
import json
import os
import sys
import time

# OpenBLAS of 2022 (Debian 12) takes newer processors with AVX-512 for ones without.
try:
    with open("/proc/cpuinfo") as cpu:
        if "avx512vl" in cpu.read():
            os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
except OSError:
    pass

import faiss  # noqa: E402
import numpy as np  # noqa: E402

faiss.omp_set_num_threads(1)


def blas():
    """Which library answers sgemm: faiss multiplies batches with it."""
    with open("/proc/self/maps") as maps:
        found = sorted({line.split("/")[-1].strip() for line in maps if "blas" in line})
    return ", ".join(found)


load = lambda file, shape: np.fromfile(file, dtype="<f4").reshape(shape)
index = queries = None
for line in sys.stdin:
    message = json.loads(line)
    answer = {}
    if message["do"] == "version":
        answer["version"] = f"{faiss.__version__} ({blas()})"
    elif message["do"] == "setup":
        rows = load(*message["rows"])
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        del rows
        queries = load(*message["queries"])
    else:
        scores, ids = index.search(queries[: message["queries"]], message["top"])
        answer["scores"] = scores.ravel().tolist()
    answer["cpu"] = 1e3 * time.process_time()
    print(json.dumps(answer), flush=True)
