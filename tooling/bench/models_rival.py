"""Embeds proteins with PyTorch and transformers. A request is one JSON array a line; so is each answer.

["load", FOLDER, THREADS, ATTENTION]  -> {}; attention is sdpa (fused) or eager (single operators)
["embed", FASTA, SEQUENCES A BATCH]   -> {"seconds", "first": the first protein's row}
["export", PATH]                      -> {} once the usual ONNX export is there
"""
import json
import sys
import time

import torch
import transformers

model = ids = place = None


def read(path):
    found = []
    for line in open(path):
        if line.startswith(">"):
            found.append("")
        else:
            found[-1] += line.strip()
    return found


def read_model(attention):
    model = transformers.EsmModel.from_pretrained(place, add_pooling_layer=False, attn_implementation=attention)
    return model.eval()


def load(folder, threads, attention):
    global model, ids, place
    place = folder
    torch.set_num_threads(threads)
    model = read_model(attention)
    names = open(f"{folder}/vocab.txt").read().split("\n")
    ids = {name: i for i, name in enumerate(names)}
    return {}


def embed(fasta, size):
    tokens = [[0] + [ids[letter] for letter in each] + [2] for each in read(fasta)]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    rows = [None] * len(tokens)
    began = time.perf_counter()
    with torch.inference_mode():
        for at in range(0, len(order), size):
            batch = order[at : at + size]
            longest = max(len(tokens[i]) for i in batch)
            padded = torch.tensor([tokens[i] + [1] * (longest - len(tokens[i])) for i in batch])
            hidden = model(input_ids=padded, attention_mask=(padded != 1).long()).last_hidden_state
            for row, i in enumerate(batch):
                rows[i] = hidden[row, 1 : len(tokens[i]) - 1].mean(0)
    return {"seconds": time.perf_counter() - began, "first": rows[0].tolist()}


class Plain(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = read_model("eager")

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, return_dict=True).last_hidden_state


def export(path):
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    axes = {0: "n", 1: "tokens"}
    torch.onnx.export(
        Plain().eval(),
        (ids, (ids != 1).long()),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["last_hidden_state"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "last_hidden_state": axes},
        opset_version=17,
        dynamo=False,
    )
    return {}


transformers.logging.set_verbosity_error()
print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}), flush=True)
for line in sys.stdin:
    name, *rest = json.loads(line)
    print(json.dumps({"load": load, "embed": embed, "export": export}[name](*rest)), flush=True)
