import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, freshFolder, holdfast } from './command.js';

test.each([
  ['N', /sequence 2 \("c"\): NaN in column 1/],
  ['R', /sequence 2 \("c"\): Infinity in column 2/],
])(
  'a model that gives no number for a %s poisons the batch, and the sequence is named',
  async (letter, says) => {
    const folder = await freshFolder();
    execFileSync(process.execPath, [fixture('make-not-a-number.mjs'), folder]);
    const input = join(folder, 'in.fa');
    const out = join(folder, 'out');
    const line = ['embed', input, '--out', out, '--model', folder, '--workers', '1', '--shards', '1'];
    await writeFile(input, `>a\nACGT\n>b\nAACC\n>c\nAC${letter}T\n>d\nACCC\n`);
    // Two sequences in a batch.
    const { code, lines } = await holdfast([...line, '--batch-tokens', '8']);
    expect(code).toBe(4);
    const failed = lines.filter(({ event }) => event === 'shard_failed');
    expect(failed).toEqual([
      expect.objectContaining({ shard: 0, kind: 'poison_input', message: expect.stringMatching(says) }),
    ]);
    expect(String(failed[0]!['message'])).toContain('batch 1: not-a-number gave 1 row(s)');
    // What came before it is kept.
    const again = await holdfast([...line, '--batch-tokens', '8']);
    expect(again.lines.find(({ event }) => event === 'resumed')).toMatchObject({ sequences: 2 });

    await writeFile(input, '>a\nACGT\n>b\nAACC\n>d\nACCC\n');
    expect(await holdfast([...line, '--batch-tokens', '8', '--force-restart'])).toMatchObject({ code: 0 });
  },
);
