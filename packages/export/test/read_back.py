"""Reads an export with the tools it is for. Prints a JSON object a format: null if a module is missing, else what was read.

usage: read_back.py FOLDER NAME [DTYPE READER…]   (the exports are FOLDER/NAME.ENDING, and their numbers of DTYPE, by default float32)
"""

import json
import sys

import numpy as np

folder, name, dtype, *wanted = [*sys.argv[1:], *(["float32"] if len(sys.argv) == 3 else [])]
path = f"{folder}/{name}"


def told(ids, rows, **more):
    rows = np.asarray(rows)
    assert rows.dtype == np.dtype(dtype), rows.dtype
    return {"ids": None if ids is None else [str(i) for i in ids], "shape": rows.shape, "rows": rows.ravel().tolist(), **more}


def npy():
    return told(None, np.load(path + ".npy"))


def pt():
    import torch

    f = torch.load(path + ".pt", weights_only=True)
    return told(f["sequence_ids"], f["embeddings"].numpy())


def safetensors():
    from safetensors.numpy import load_file

    return told(None, load_file(path + ".safetensors")["embeddings"])


def table(frame):
    """The columns beside the rows, as JSON has them."""
    left = frame.drop(columns=["id", "embedding"])
    return json.loads(left.to_json(orient="records"))


def parquet():
    import pyarrow.parquet as pq

    f = pq.read_table(path + ".parquet")
    assert f.schema.field("embedding").type.list_size > 0, f.schema
    rows = f["embedding"].combine_chunks()
    numbers = rows.flatten().to_numpy().reshape(len(f), -1)
    return told(f["id"].to_pylist(), numbers, table=table(f.to_pandas()))


def parquet_duckdb():
    import duckdb

    f = duckdb.sql(f"select id, embedding from '{path}.parquet'").fetchall()
    return told([i for i, _ in f], np.array([r for _, r in f], dtype=np.float32))


def parquet_polars():
    import polars

    f = polars.read_parquet(path + ".parquet")
    return told(f["id"].to_list(), np.array(f["embedding"].to_list(), dtype=np.float32))


def arrow():
    import pyarrow as pa

    f = pa.ipc.open_file(pa.memory_map(path + ".arrow")).read_all()
    f.validate(full=True)
    rows = f["embedding"].combine_chunks().flatten().to_numpy()
    return told(f["id"].to_pylist(), rows.reshape(len(f), -1), table=table(f.to_pandas()))


def h5():
    import h5py

    with h5py.File(path + ".h5") as f:
        ids = [f[key].attrs["original_id"] for key in f]
        assert all(f[key].name == "/" + key for key in f)
        assert all(f[i.replace("%", "%25").replace("/", "%2F")].attrs["original_id"] == i for i in ids if i not in (".", ".."))
        return told(ids, np.array([f[key][:] for key in f]), attributes=dict(f.attrs))


def h5_matrix():
    import h5py

    with h5py.File(path + ".matrix.h5") as f:
        return told(f["ids"].asstr()[:], f["embeddings"][:], attributes=dict(f.attrs))


def h5ad():
    import anndata

    f = anndata.read_h5ad(path + ".h5ad")
    left = json.loads(f.obs.to_json(orient="records"))
    return told(f.obs_names, f.X, table=left, var=list(f.var_names), uns=dict(f.uns["holdfast"]))


def esm():
    import torch
    from pathlib import Path

    files = [torch.load(f, weights_only=True) for f in sorted(Path(path + ".esm").glob("*.pt"))]
    return told([f["label"] for f in files], torch.stack([f["mean_representations"][6] for f in files]).numpy())


def virnucpro():
    import torch

    f = torch.load(path + ".virnucpro/output_0_ESM.pt", weights_only=True)
    # As its merge step does.
    rows = {protein: data for protein, data in zip(f["proteins"], f["data"])}
    return told(list(rows), torch.stack(list(rows.values())).numpy())


def tsv():
    import pandas as pd

    f = pd.read_csv(path + ".tsv", sep="\t", quoting=3, keep_default_na=False, dtype={"id": str}, index_col="id")
    return told(f.index, f.to_numpy(np.float32))


def found(read):
    try:
        return read()
    except ImportError as error:
        return str(error)


for read in (npy, pt, safetensors, parquet, parquet_duckdb, parquet_polars, arrow, h5, h5_matrix, h5ad, esm, virnucpro, tsv):
    if not wanted or read.__name__ in wanted:
        print(json.dumps([read.__name__, found(read)]))
