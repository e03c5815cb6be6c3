"""Exact search by NumPy and faiss: one JSON command a line on standard input, one JSON answer a line on standard output."""
import json
import resource
import sys
import time

import numpy as np

try:
    import faiss
except ImportError:
    faiss = None


def by_numpy(rows, queries, k):
    """In blocks, as one would with a file that does not fit into memory."""
    queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    best = np.full((len(queries), k), -np.inf, np.float32)
    at = np.zeros((len(queries), k), np.int64)
    for first in range(0, len(rows), 20000):
        block = np.asarray(rows[first : first + 20000])
        found = queries @ (block / np.linalg.norm(block, axis=1, keepdims=True)).T
        k_here = min(k, found.shape[1])
        top = np.argpartition(-found, k_here - 1, axis=1)[:, :k_here]
        both = np.concatenate([best, np.take_along_axis(found, top, 1)], 1)
        where = np.concatenate([at, top + first], 1)
        order = np.argsort(-both, axis=1, kind="stable")[:, :k]
        best, at = np.take_along_axis(both, order, 1), np.take_along_axis(where, order, 1)
    return at


def by_faiss(rows, queries, k):
    """Its flat index holds all rows in memory."""
    index = faiss.IndexFlatIP(rows.shape[1])
    for first in range(0, len(rows), 20000):
        block = np.array(rows[first : first + 20000])
        faiss.normalize_L2(block)
        index.add(block)
    queries = queries.copy()
    faiss.normalize_L2(queries)
    return index.search(queries, k)[1]


print(json.dumps(f"NumPy {np.__version__}" + (f", faiss {faiss.__version__}" if faiss else "")), flush=True)
for line in sys.stdin:
    who, path, query_path, dim, k = json.loads(line)
    if who == "faiss" and faiss is None:
        print("null", flush=True)
        continue
    rows = np.memmap(path, "<f4", "r").reshape(-1, dim)
    queries = np.fromfile(query_path, "<f4").reshape(-1, dim)
    start, cpu = time.perf_counter(), time.process_time()
    found = {"numpy": by_numpy, "faiss": by_faiss}[who](rows, queries, k)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rows": found.tolist(), "mib": mib}), flush=True)
