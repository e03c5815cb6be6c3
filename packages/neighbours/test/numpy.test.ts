import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { METRICS, nearestRows } from '../src/index.js';

const PYTHON = '/usr/bin/python3';
const [ROWS, DIM, QUERIES, K] = [4000, 320, 25, 10];

/** All distances by NumPy in a precision, with what counts as the same; then how far the found rows are off, at most. */
const SCRIPT = `
import json, sys, numpy as np
folder, metric, dim = sys.argv[1], sys.argv[2], int(sys.argv[3])
found = json.load(sys.stdin)
worst = {}
for kind in (np.float64, np.float32):
    rows, queries = (np.fromfile(f"{folder}/{n}", "<f4").reshape(-1, dim).astype(kind) for n in ("rows", "queries"))
    if metric == "euclidean":
        d = np.sqrt(np.maximum(0, ((queries[:, None] - rows[None]) ** 2).sum(2)))
    else:
        d = queries @ rows.T
        if metric == "cosine":
            d = 1 - d / np.linalg.norm(queries, axis=1)[:, None] / np.linalg.norm(rows, axis=1)
    order = np.argsort(-d if metric == "dot" else d, axis=1, kind="stable")[:, : len(found[0])]
    scale = np.abs(d).max()
    off = 0
    for q, hits in enumerate(found):
        got, want = d[q, [h["row"] for h in hits]], d[q, order[q]]
        off = max(off, np.abs(got - want).max() / scale, np.abs(got - [h["distance"] for h in hits]).max() / scale)
        # Other rows only where they tie.
        other = [i for i in range(len(hits)) if hits[i]["row"] != order[q, i]]
        off = max([off] + [abs(d[q, hits[i]["row"]] - d[q, order[q, i]]) / scale for i in other])
    worst[kind.__name__] = float(off)
print(json.dumps(worst))`;

let seed = 11;
const random = () => {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};

test.each(METRICS)('the nearest by %s are those of NumPy, but for ties', async (metric) => {
  if (spawnSync(PYTHON, ['-c', 'import numpy']).status !== 0) {
    console.warn('LEFT OUT: numpy is not on this machine (Debian: python3-numpy)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'numpy-'));
  try {
    const centres = Float32Array.from({ length: 20 * DIM }, random);
    const near = (count: number) =>
      Float32Array.from(
        { length: count * DIM },
        (_, at) => centres[(Math.floor(at / DIM) % 20) * DIM + (at % DIM)]! + 0.2 + 0.3 * random(),
      );
    const [rows, queries] = [near(ROWS), near(QUERIES)];
    rows.copyWithin(0, 100 * DIM, 130 * DIM);
    for (const [name, values] of Object.entries({ rows, queries })) writeFileSync(join(folder, name), values);
    const matrix = {
      rows: ROWS,
      dim: DIM,
      async *blocks() {
        for (let first = 0; first < ROWS; first += 1000)
          yield { first, rows: 1000, data: rows.slice(first * DIM, (first + 1000) * DIM) };
      },
    };
    const input = JSON.stringify(await nearestRows(matrix, queries, { k: K, metric }));
    const options = { input, encoding: 'utf8' } as const;
    const off = JSON.parse(execFileSync(PYTHON, ['-c', SCRIPT, folder, metric, String(DIM)], options));
    expect(off.float64).toBeLessThan(1e-12);
    expect(off.float32).toBeLessThan(1e-6);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
