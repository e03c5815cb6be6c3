"""A second reader of a run's output folder, written from docs/on-disk.md alone, with nothing but Python's library.

usage: python3 on-disk.py OUT    checks every file of a run, and prints one line of JSON: what it found
"""

import collections
import glob
import hashlib
import io
import json
import os
import pickle
import struct
import sys
import zipfile
import zlib


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def crc32(data):
    return "%08x" % zlib.crc32(data)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def numbers(kind, data):
    return struct.unpack("<%d%s" % (len(data) // struct.calcsize(kind), kind), data)


def checked(path):
    """run.json and result.json: the last field is the SHA-256 of the others."""
    value = json.loads(read(path))
    digest = value.pop("sha256")
    assert sha256(compact(value)) == digest, path
    return value


def check_line(line):
    """Logs and the journal: the last field is the CRC-32 of the line before it."""
    at = line.rindex(b',"crc32"')
    value = json.loads(line)
    assert value["crc32"] == crc32(line[:at]), line
    return value


def fingerprint(run):
    facts = [[each["sha256"] for each in run["inputs"]], run["model"]["fingerprint"], run["batch_tokens"]]
    if "translate" in run:
        facts.append({"translate": run["translate"]})
    if run["plan"] != 1:
        facts.append(run["plan"])
    if "letters" in run:
        letters = run["letters"]
        gaps = ["gaps dropped"] if letters.get("gaps") == "dropped" else []
        facts.append({"letters": [letters["read"], letters["final_stop"], *gaps]})
    if "reading" in run:
        facts.append({"reading": run["reading"]})
    if "identical" in run:
        facts.append({"identical": run["identical"]})
    if "genetic_code" in run:
        facts.append({"genetic_code": run["genetic_code"]})
    if "orfs" in run:
        facts.append({"orfs": [run["orfs"]["min"], run["orfs"]["start"]]})
    if "chunk" in run:
        facts.append({"chunk": [run["chunk"]["residues"], run["chunk"].get("stride")]})
    if "outputs" in run:
        facts.append({"outputs": run["outputs"]})
    return sha256(compact(facts))


FILES = {
    "residues": "residues.bin",
    "residueOffsets": "residue-offsets.bin",
    "ids": "ids.txt",
    "idOffsets": "id-offsets.bin",
    "windows": "windows.bin",
    "order": "order.bin",
    "batches": "batches.bin",
}
WITH_COPIES = {"originals": "originals.bin", "starts": "starts.bin"}


class Index:
    def __init__(self, folder, digest):
        text = read(folder, "summary.json")
        assert sha256(text) == digest
        self.summary = json.loads(text)
        names = {**FILES, **(WITH_COPIES if self.summary["format"] == 3 else {})}
        files = {name: read(folder, file) for name, file in names.items()}
        sums = b"".join(
            struct.pack("<I", zlib.crc32(data[at : at + 65536]))
            for data in files.values()
            for at in range(0, len(data), 65536)
        )
        assert sums == read(folder, "blocks.bin")
        for name, data in {**files, "blocks": sums}.items():
            assert sha256(data) == self.summary["files"][name], name
        self.descriptions = None
        if "descriptions" in self.summary["files"]:
            text = read(folder, "descriptions.txt")
            assert sha256(text) == self.summary["files"]["descriptions"]
            assert len(text) == self.summary["description_bytes"]
            self.descriptions = text.decode().split("\n")[:-1]
            for at, line in enumerate(self.descriptions):
                if line == "\t":
                    self.descriptions[at] = self.descriptions[at - 1]
            assert len(self.descriptions) == self.summary["sequences"] == sum(self.summary["input_sequences"])
        if "skipped" in self.summary:
            table = read(folder, "skipped.tsv")
            assert sha256(table) == self.summary["files"]["skipped"]
            assert table.count(b"\n") == 1 + self.summary["skipped"]["records"]
        n = self.summary["sequences"]
        offsets = numbers("Q", files["idOffsets"])
        self.ids = [files["ids"][offsets[i] : offsets[i + 1] - 1].decode() for i in range(n)]
        offsets = numbers("Q", files["residueOffsets"])
        self.lengths = [offsets[i + 1] - offsets[i] for i in range(n)]
        self.order = numbers("I", files["order"])
        self.batches = numbers("I", files["batches"])
        self.buckets = numbers("I", files["windows"])
        self.originals = numbers("I", files["originals"]) if "originals" in files else tuple(range(n))
        starts = numbers("I", files["starts"]) if "starts" in files else self.buckets
        self.copies = sum(self.originals[at] != at for at in range(n))
        assert self.copies == self.summary.get("copies", 0)
        assert self.buckets[-1] == n and self.batches[-1] == starts[-1] == len(self.order) == n - self.copies
        residues = [files["residues"][offsets[i] : offsets[i + 1]] for i in range(n)]
        assert all(residues[at] == residues[original] for at, original in enumerate(self.originals))
        for bucket, (first, end) in enumerate(zip(self.buckets, self.buckets[1:])):
            distinct = [at for at in range(first, end) if self.originals[at] == at]
            assert sorted(self.order[starts[bucket] : starts[bucket + 1]]) == distinct
            assert starts[bucket] in self.batches

    def shards(self, wanted):
        """Each ends at the boundary of batches that is nearest to its share of the residues."""
        before = [0]
        for first, end in zip(self.batches, self.batches[1:]):
            before.append(before[-1] + sum(self.lengths[self.order[at]] for at in range(first, end)))
        batches = len(before) - 1
        count = min(wanted, batches)
        first = 0
        for shard in range(1, count + 1):
            ideal = before[-1] * shard / count
            ends = range(first + 1, batches - (count - shard) + 1)
            end = batches if shard == count else min(ends, key=lambda at: (abs(before[at] - ideal), at))
            yield first, end
            first = end


class Unpickler(pickle.Unpickler):
    """Builds nothing: a tensor is a list of what it is made of."""

    def find_class(self, module, name):
        return collections.OrderedDict if name == "OrderedDict" else lambda *parts: list(parts)

    def persistent_load(self, parts):
        return parts


BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def tensor(archive, name, found):
    """The shape and the bytes of a tensor: what rebuilds it names its storage, an offset of 0, and its shape."""
    storage, offset, shape = found[:3]
    assert offset == 0
    return list(shape), archive.read(name[: -len("data.pkl")] + "data/" + storage[2])


def check_values(archive, name, value, outputs, rows):
    """The pieces of each row's numbers, as they are stored."""
    width = BYTES[outputs.get("dtype", "float32")]
    (shape, tokens), (_, counts) = (tensor(archive, name, value[key]) for key in ("tokens", "value_counts"))
    assert shape == [rows]
    tokens, counts = numbers("q", tokens), numbers("q", counts)
    sums = numbers("q", tensor(archive, name, value["value_crc32"])[1])
    _, data = tensor(archive, name, value["values"])
    at, nth, found = 0, 0, []
    for count in tokens:
        due = [count * each["dim"] for each in outputs.get("tokens", [])]
        due += [count * count for _ in outputs.get("pairs", [])]
        pieces = []
        for numbers_of_piece in due:
            piece = data[at : at + numbers_of_piece * width]
            assert (counts[nth], sums[nth]) == (numbers_of_piece, zlib.crc32(piece))
            pieces.append(piece)
            at += len(piece)
            nth += 1
        found.append((count, pieces))
    assert at == len(data)
    return found


def check_shard(folder, shard, batches, run, index, saved):
    """Saved gets the row and the pieces of each position, if the run has several outputs."""
    rows = 0
    next_batch, end_batch = batches
    for number, path in enumerate(sorted(glob.glob(os.path.join(folder, "batch_*.pt")))):
        assert os.path.basename(path) == "batch_%05d.pt" % number
        data = read(path)
        assert json.loads(read(path + ".done")) == {"bytes": len(data), "crc32": crc32(data)}
        archive = zipfile.ZipFile(io.BytesIO(data))
        assert all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())
        (name,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        value = Unpickler(io.BytesIO(archive.read(name))).load()
        facts = value["metadata"]
        assert (facts["run"], facts["shard"], facts["checkpoint"]) == (run["fingerprint"], shard, number)
        assert set(json.loads(facts["run_record"])) == set(run) - {"format", "inputs", "fingerprint", "index", "given"}
        assert facts["first_batch"] == next_batch
        first, end = facts["first_position"], facts["end_position"]
        next_batch = facts["end_batch"]
        assert (first, end) == (index.batches[facts["first_batch"]], index.batches[next_batch])
        left = {each["position"] for each in json.loads(facts.get("quarantined", "[]"))}
        due = [index.ids[index.order[at]] for at in range(first, end) if at not in left]
        assert value["sequence_ids"] == due
        rows += len(due)
        if "outputs" in run:
            outputs = run["outputs"]
            shape, data = tensor(archive, name, value["embeddings"])
            dim = outputs["dim"] + sum(each["dim"] for each in outputs.get("rows", []))
            assert shape == [len(due), dim]
            width = dim * BYTES[outputs.get("dtype", "float32")]
            more = "tokens" in outputs or "pairs" in outputs
            values = check_values(archive, name, value, outputs, len(due)) if more else [(0, [])] * len(due)
            for at, position in enumerate(each for each in range(first, end) if each not in left):
                saved[position] = (data[at * width : (at + 1) * width], *values[at])
    assert next_batch == end_batch
    return rows


def check_manifest(path, shards):
    text = read(path)
    manifest = json.loads(text)
    assert manifest["version"] == "1.0" and manifest["world_size"] == shards
    assert manifest["crc32"] == crc32(text[: text.rindex(b',\n "crc32"')])
    for field in (b'"version"', b'"manifest_id"', b'"revision"'):
        assert field in text[:256]
    if not os.path.exists(path + ".journal"):
        return 0
    lines = read(path + ".journal").split(b"\n")[:-1]
    revision = manifest["revision"]
    for at, line in enumerate(lines):
        value = check_line(line)
        if at == 0:
            assert (value["journal"], value["manifest_id"]) == ("1.0", manifest["manifest_id"])
        elif value["revision"] > revision:
            assert value["revision"] == revision + 1
            revision += 1
    return max(0, len(lines) - 1)


def check_table(out, run, index, shards):
    batch_of = {}
    for batch, (first, end) in enumerate(zip(index.batches, index.batches[1:])):
        for position in range(first, end):
            batch_of[index.order[position]] = batch
    lines = read(out, "sequences.tsv").decode().split("\n")
    header, lines = lines[0].split("\t"), lines[1:-1]
    files = [each["path"] for each, n in zip(run["inputs"], index.summary["input_sequences"]) for _ in range(n)]
    row = 0
    for at, line in enumerate(lines):
        found = dict(zip(header, line.split("\t")))
        original = index.originals[at]
        assert (found["ordinal"], found["id"]) == (str(at), index.ids[at])
        assert (found["description"], found["file"]) == (index.descriptions[at], files[at])
        assert found["length"] == str(index.lengths[at])
        assert found["duplicate_of"] == ("" if original == at else str(original))
        assert (found["row"] == "") == (found["quarantined"] == "yes")
        first, end = shards[int(found["shard"])]
        assert first <= int(found["batch"]) < end and int(found["batch"]) == batch_of[original]
        if found["row"] != "":
            assert found["row"] == str(row)
            row += 1
    assert len(lines) == len(index.ids)
    return row


def stored(path):
    """The tensors of a .safetensors: their shapes and bytes."""
    data = read(path)
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__")
    for name, each in header.items():
        first, end = each["data_offsets"]
        yield name, (each["shape"], data[start + first : start + end])


def check_outputs(out, run, index, saved):
    """What was computed beside the embeddings, joined again from the checkpoints; returns the number of files."""
    outputs = run["outputs"]
    place = {ordinal: position for position, ordinal in enumerate(index.order)}
    all_rows = [saved[place[original]] for original in index.originals]
    width = BYTES[outputs.get("dtype", "float32")]
    first = 0
    for each in [{"name": None, "dim": outputs["dim"]}, *outputs.get("rows", [])]:
        name = os.path.join("more_outputs", each["name"]) if each["name"] else "embeddings"
        shape, data = dict(stored(os.path.join(out, name + ".safetensors")))["embeddings"]
        end = first + each["dim"] * width
        assert shape == [len(all_rows), each["dim"]]
        assert data == b"".join(row[first:end] for row, _, _ in all_rows), name
        first = end
    pieces = [*outputs.get("tokens", []), *outputs.get("pairs", [])]
    for nth, each in enumerate(pieces):
        found = dict(stored(os.path.join(out, "more_outputs", each["name"] + ".safetensors")))
        assert found["values"][1] == b"".join(values[nth] for _, _, values in all_rows)
        ends = [0]
        for _, tokens, _ in all_rows:
            ends.append(ends[-1] + (tokens if "dim" in each else tokens * tokens))
        assert list(numbers("q", found["offsets"][1])) == ends
    return len(outputs.get("rows", [])) + len(pieces)


BEAT = "format run task engine job start node pid started at doing shards completed failed lost sequences"


def check_cluster(out, run):
    """What a run on several machines keeps; returns the number of its tasks."""
    assert glob.glob(os.path.join(out, "checkpoints", "shard_*", "claim_*")) == []
    folder = os.path.join(out, "cluster")
    if not os.path.isdir(folder):
        return 0
    for name in ("work.json", "jobs.json"):
        if name == "work.json" or os.path.exists(os.path.join(folder, name)):
            value = checked(os.path.join(folder, name))
            assert value["format"] == 1 and value["run"] == run["fingerprint"], name
    beats = glob.glob(os.path.join(folder, "tasks", "*.json"))
    for path in beats:
        beat = json.loads(read(path))
        fields = {*BEAT.split(), "shards_embedded", "tokens_per_second", "ended"}
        assert set(beat) == fields and beat["run"] == run["fingerprint"], path
        assert os.path.basename(path) == beat["task"] + ".json" and beat["ended"]["exit_code"] == 0
    return len(beats)


def main(out):
    run = checked(os.path.join(out, "run.json"))
    result = checked(os.path.join(out, "result.json"))
    assert run["format"] == 2 and fingerprint(run) == run["fingerprint"] == result["run"]
    index = Index(os.path.join(out, "index"), run["index"])
    shards = list(index.shards(run["shards"]))
    saved = {}
    rows = sum(
        check_shard(os.path.join(out, "checkpoints", "shard_%d" % shard), shard, batches, run, index, saved)
        for shard, batches in enumerate(shards)
    )
    missing = len(index.order) - rows
    assert result["sequences"] == rows + index.copies if missing == 0 else result["quarantined"] >= missing
    assert result.get("skipped", 0) == index.summary.get("skipped", {"records": 0})["records"]
    events = check_manifest(os.path.join(out, "checkpoints", "manifest.json"), len(shards))
    logs = [*glob.glob(os.path.join(out, "logs", "*.log")), *glob.glob(os.path.join(out, "logs", "task_*", "*.log"))]
    for path in logs:
        for line in read(path).split(b"\n")[:-1]:
            assert {"format", "time", "event"} <= set(check_line(line))
    tasks = check_cluster(out, run)
    starts = checked(os.path.join(out, ".holdfast-starts"))
    assert starts["run"] == run["fingerprint"] and len(starts["starts"]) >= 1
    assert [each["started"] for each in result["provenance"]["starts"]][0] == starts["starts"][0]["started"]
    if any(each["file"] == "sequences.tsv" for each in result["files"]):
        assert check_table(out, run, index, shards) == result["sequences"]
    for each in result["files"]:
        data = read(out, each["file"])
        assert (len(data), sha256(data)) == (each["bytes"], each["sha256"])
    found = {"sequences": len(index.ids), "rows": rows, "buckets": len(index.buckets) - 1}
    found.update({"batches": len(index.batches) - 1, "shards": len(shards), "events": events, "tasks": tasks})
    if "outputs" in run:
        assert run["outputs"] == result["outputs"]
        found["outputs"] = check_outputs(out, run, index, saved)
    print(json.dumps(found))


main(sys.argv[1])
