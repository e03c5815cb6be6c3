"""Loads every checkpoint of a run with real PyTorch and compares its rows and IDs with the result's.

usage: check_checkpoints.py OUT...     prints "<files> <rows>" a folder
"""
import glob
import json
import struct
import sys

import numpy as np
import torch

for out in sys.argv[1:]:
    with open(f"{out}/embeddings.safetensors", "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        shape = json.loads(file.read(length))["embeddings"]["shape"]
        result = np.frombuffer(file.read(), "<f4").reshape(shape)
    with open(f"{out}/ids.txt", encoding="utf-8") as file:
        ids = file.read().split("\n")[:-1]
    # The ordinal that stands at each position of the plan.
    order = np.fromfile(f"{out}/index/order.bin", "<u4")
    seen = np.zeros(len(ids), int)
    files = glob.glob(f"{out}/checkpoints/shard_*/batch_*.pt")
    for path in files:
        loaded = torch.load(path, weights_only=True)
        first, end = loaded["metadata"]["first_position"], loaded["metadata"]["end_position"]
        ordinals = order[first:end]
        assert loaded["sequence_ids"] == [ids[ordinal] for ordinal in ordinals], path
        assert loaded["embeddings"].numpy().tobytes() == result[ordinals].tobytes(), path
        seen[ordinals] += 1
    assert (seen == 1).all(), out
    print(len(files), len(ids))
