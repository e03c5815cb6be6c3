"""The original's side of a folder of checkpoints, in our words after behaviours.md: its format, and how it resumes.

usage: original.py write FOLDER     two checkpoints with numpy rows and empty markers, as its writer leaves them
       original.py resume FOLDER    what its resume finds, as JSON
"""
import hashlib
import json
import os
import sys

import numpy as np
import torch


def validate(path):
    """Length, marker, loading, keys, one row an ID; in this order."""
    if os.path.getsize(path) == 0:
        return "file is 0 bytes"
    if not os.path.exists(path + ".done"):
        return "missing .done marker"
    try:
        held = torch.load(path, map_location="cpu")
    except Exception as error:
        return f"failed to load: {error}"
    if any(key not in held for key in ("embeddings", "sequence_ids")):
        return "missing required keys"
    if len(held["embeddings"]) != len(held["sequence_ids"]):
        return "shape mismatch"
    return None


def resume(folder):
    """IDs, rows, the next index, and the IDs from the first bad checkpoint on."""
    ids, rows, index, corrupted = [], [], 0, []
    names = sorted(name for name in os.listdir(folder) if name.startswith("batch_") and name.endswith(".pt"))
    for name in names:
        path = os.path.join(folder, name)
        reason = "after a bad one" if corrupted else validate(path)
        if reason:
            corrupted += torch.load(path, map_location="cpu")["sequence_ids"]
            continue
        held = torch.load(path, map_location="cpu")
        part = held["embeddings"]
        rows.append(part.numpy() if torch.is_tensor(part) else np.asarray(part))
        ids += held["sequence_ids"]
        index += 1
    matrix = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
    digest = hashlib.sha256(np.ascontiguousarray(matrix).astype("<f4").tobytes()).hexdigest()
    return {"ids": ids, "shape": list(matrix.shape), "sha256": digest, "next": index, "corrupted": corrupted}


def write(folder):
    os.makedirs(folder, exist_ok=True)
    first = 0
    for index, count in enumerate((3, 2)):
        rows = np.arange(first * 4, (first + count) * 4, dtype=np.float32).reshape(count, 4) / 8
        path = os.path.join(folder, f"batch_{index:05d}.pt")
        ids = [f"seq_{i}" for i in range(first, first + count)]
        torch.save({"embeddings": rows, "sequence_ids": ids, "metadata": {"rank": 0, "batch_idx": index}}, path)
        open(path + ".done", "w").close()
        first += count


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    print(json.dumps(resume(sys.argv[2])))
