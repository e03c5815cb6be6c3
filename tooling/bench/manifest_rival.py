"""The straightforward manifest: lock, load, change, write anew, rename, unlock. Python's standard library only.

usage: manifest_rival.py make PATH COUNT            a manifest with so many checkpoints
       manifest_rival.py update PATH RANK FIRST COUNT FSYNC [dumps]

With `dumps` the text is made by json.dumps, whose encoder is in C, in place of the usual json.dump, whose is not.

`update` says `ready`, waits for a line on standard input, makes so many updates, each a checkpoint, and says `done`.
"""
import fcntl
import json
import os
import sys


def entry(batch):
    return {"batch_idx": batch, "num_sequences": 10, "file": f"batch_{batch:05d}.pt", "recorded_at": "2026-01-01T00:00:00Z"}


def save(path, state, fsync, encoder=None):
    temporary = f"{path}.tmp"
    with open(temporary, "w") as file:
        if encoder == "dumps":
            file.write(json.dumps(state))
        else:
            json.dump(state, file)
        if fsync:
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)
    if fsync:
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def update(path, rank, batch, fsync, encoder):
    with open(f"{path}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            state = json.load(file)
        shard = state["shards"][str(rank)]
        shard["checkpoints"].append(entry(batch))
        shard["last_checkpoint_batch"] = batch
        shard["total_sequences"] += 10
        save(path, state, fsync, encoder)


command, path, *numbers = sys.argv[1:]
encoder = numbers.pop() if numbers[-1] == "dumps" else None
numbers = [int(number) for number in numbers]
if command == "make":
    per_shard = numbers[0] // 4
    shards = {
        str(rank): {
            "status": "in_progress",
            "last_checkpoint_batch": per_shard - 1,
            "total_sequences": 10 * per_shard,
            "checkpoints": [entry(batch) for batch in range(per_shard)],
        }
        for rank in range(4)
    }
    save(path, {"version": "1.0", "shards": shards}, False)
else:
    rank, first, count, fsync = numbers
    print("ready", flush=True)
    sys.stdin.readline()
    for batch in range(first, first + count):
        update(path, rank, batch, fsync, encoder)
    print("done", flush=True)
