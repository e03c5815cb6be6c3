"""Real PyTorch, kept alive: one JSON command a line on standard input, one JSON answer a line on standard output."""
import hashlib
import json
import os
import sys
import time

import torch

value = None


def prepare(rows, dim):
    global value
    torch.manual_seed(1)
    ids = [f"sequence_{i}" for i in range(rows)]
    value = {"embeddings": torch.rand(rows, dim), "sequence_ids": ids, "metadata": {"shard": 1, "batch": 2}}


def save(path, sync):
    if os.path.exists(path):
        os.remove(path)
    start = time.perf_counter()
    with open(path, "wb") as file:
        torch.save(value, file)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - start


def load(path):
    start = time.perf_counter()
    loaded = torch.load(path)
    seconds = time.perf_counter() - start
    assert len(loaded["sequence_ids"]) == loaded["embeddings"].shape[0]
    return seconds


def huge(path):
    """Shape, sum of all rows but the last, and the digest of the last."""
    rows = torch.load(path)["embeddings"]
    last = hashlib.sha256(rows[-1].numpy().tobytes()).hexdigest()
    return {"shape": list(rows.shape), "sum": float(rows[:-1].sum()), "last": last}


COMMANDS = {"prepare": prepare, "save": save, "load": load, "huge": huge}
print(json.dumps(torch.__version__), flush=True)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(COMMANDS[name](*arguments)), flush=True)
