import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, holdfast, type Line, madeModel, rowsOf, start } from './command.js';

// What somebody outside does to workers, and a limit that is too short, count against no sequence.

const linux = process.platform === 'linux';

/** A line over these sequences. */
async function lineOf(model: string, sequences: Readonly<Record<string, string>>, ...more: string[]) {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  const out = join(folder, 'out');
  const records = Object.entries(sequences).map(([id, residues]) => `>${id}\n${residues}\n`);
  await writeFile(input, records.join(''));
  const line = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--shards', '1', ...more];
  return { line, out };
}
const all = (lines: readonly Line[], event: string) => lines.filter((each) => each.event === event);

test.runIf(linux)('six SIGKILLs of a worker while one sequence runs lose nothing', async () => {
  // A call of some seconds: nobody outruns six kills.
  const model = await madeModel('make-slow.mjs', '40', '300000');
  const { line, out } = await lineOf(model, { a: 'ACGT'.repeat(11), b: 'ACC' }, '--batch-tokens', '44');
  const running = start(line);
  let kills = 0;
  running.onLine(({ event, pid }) => {
    if (event === 'spawned' && kills++ < 6) setImmediate(() => process.kill(pid as number, 'SIGKILL'));
  });
  const { code, lines } = await running.ended;
  expect(all(lines, 'exited').filter(({ signal }) => signal === 'SIGKILL')).toHaveLength(6);
  expect(all(lines, 'failed').map(({ kind }) => kind)).toEqual(Array(6).fill('spot_preemption'));
  expect([code, await rowsOf(out)]).toEqual([
    0,
    [
      ['a', [11, 11]],
      ['b', [1, 2]],
    ],
  ]);
});

test.runIf(linux)(
  'a worker that is stopped beyond the limit, and killed for that, loses nothing',
  async () => {
    const { line, out } = await lineOf('tnf', { a: 'ACGT'.repeat(11) }, '--stall-timeout', '2');
    const running = start(line);
    let stops = 0;
    running.onLine(({ event, pid }) => {
      if (event === 'spawned' && stops++ < 5) setImmediate(() => process.kill(pid as number, 'SIGSTOP'));
    });
    const { code, lines } = await running.ended;
    const stalled = all(lines, 'stalled').map(({ why }) => why);
    expect(stalled.slice(0, 5)).toEqual(Array(5).fill('stopped'));
    expect(all(lines, 'breaker')).toEqual([]);
    expect([code, existsSync(join(out, 'quarantine.tsv'))]).toEqual([0, false]);
  },
);

test('one long sequence in windows, whose call takes longer than the limit, is embedded', async () => {
  const model = await madeModel('make-slow.mjs', '0', '4000', '20');
  const { line, out } = await lineOf(
    model,
    { long: 'AC'.repeat(400) },
    ...['--long-sequences', 'windows', '--batch-tokens', '20', '--stall-timeout', '4'],
  );
  const { code, lines } = await holdfast(line);
  expect(all(lines, 'stalled')).toEqual([]);
  expect([code, await rowsOf(out)]).toEqual([0, [['long', [10, 10]]]]);
});

test.runIf(linux)(
  'where plain residues of that length take longer than the limit as well, the limit is too short',
  async () => {
    // Beyond 40 tokens a call takes days.
    const model = await madeModel('make-slow.mjs', '40', '10000000000');
    const { line, out } = await lineOf(
      model,
      { a: 'ACGT', long: 'ACGT'.repeat(12), b: 'CC' },
      ...['--stall-timeout', '3', '--grace', '0.2'],
    );
    const { code, lines, stderr } = await holdfast(line);
    expect(all(lines, 'quarantined')).toEqual([]);
    expect(stderr).toMatch(/ longer than --stall-timeout 3, .*with a --stall-timeout of at least 6\n$/);
    expect([code, existsSync(join(out, 'result.json'))]).toEqual([4, false]);
  },
);
