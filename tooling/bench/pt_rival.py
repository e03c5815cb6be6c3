"""Real PyTorch, kept alive: one JSON command a line on standard input, one JSON answer a line on standard output."""
import hashlib
import json
import os
import sys
import time

import numpy as np
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


def write_original(folder, count, rows, dim):
    """Checkpoints as the original's writer leaves them: numpy rows inside, markers empty."""
    data = np.sin(np.arange(rows * dim, dtype=np.float32)).reshape(rows, dim)
    ids = [f"sequence_{i}" for i in range(rows)]
    for index in range(count):
        path = os.path.join(folder, f"batch_{index:05d}.pt")
        torch.save({"embeddings": data, "sequence_ids": ids, "metadata": {"batch_idx": index}}, path)
        open(path + ".done", "w").close()
    return count


def resume(folder):
    """Seconds of the original's resume: it loads a file to look at it, and again to take its rows."""
    start = time.perf_counter()
    ids, parts = [], []
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".pt")):
        path = os.path.join(folder, name)
        if os.path.getsize(path) == 0 or not os.path.exists(path + ".done"):
            break
        looked = torch.load(path, map_location="cpu")
        if len(looked["embeddings"]) != len(looked["sequence_ids"]):
            break
        held = torch.load(path, map_location="cpu")
        part = held["embeddings"]
        parts.append(part.numpy() if torch.is_tensor(part) else part)
        ids.extend(held["sequence_ids"])
    rows = np.concatenate(parts)
    seconds = time.perf_counter() - start
    assert len(rows) == len(ids)
    return {"seconds": seconds, "rows": len(rows)}


COMMANDS = {"write_original": write_original, "resume": resume, "prepare": prepare, "save": save, "load": load, "huge": huge}
print(json.dumps(torch.__version__), flush=True)
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(COMMANDS[name](*arguments)), flush=True)
