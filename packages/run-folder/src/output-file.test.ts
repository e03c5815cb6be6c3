import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OutputFacts, refuseOutput, writeOutput } from './output-file.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const output = (path: string, force = false) => ({ path, option: '--output', what: 'plot', force });
const refused = (path: string, facts: OutputFacts = {}, force = false) => {
  try {
    refuseOutput(output(path, force), facts);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('before anything is computed', () => {
  it('refuses the inputs of the run, with force too', () => {
    mkdirSync(at('run'));
    writeFileSync(at('in.fa'), '>a\nA\n');
    writeFileSync(at('other.fa'), '>a\nA\n');
    const record = { format: 2, fingerprint: 'f'.repeat(64), inputs: [{ path: at('in.fa') }, { path: '-' }] };
    writeFileSync(at('run', 'run.json'), JSON.stringify({ ...record, model: { name: 'm' }, shards: 1 }));
    symlinkSync(at('in.fa'), at('link.fa'));
    const facts = { runs: [at('run')] };
    for (const name of ['in.fa', 'link.fa'])
      expect(refused(at(name), facts, true)).toMatch(
        /(in|link)\.fa is (an input of the run in|there and is no file)/,
      );
    expect(refused(at('in.fa'), facts, true)).toContain('is an input of the run in');
    expect(refused(at('other.fa'), facts, true)).toBeNull();
    expect(refused(at('in.fa'), {}, true)).toBeNull();
  });

  it('refuses a run’s names in the folder of any run, with force too, through links, and below its folders', () => {
    for (const run of ['marked', 'given', 'old', 'none'])
      mkdirSync(at(run, 'checkpoints'), { recursive: true });
    writeFileSync(at('marked', '.holdfast'), '');
    writeFileSync(at('marked', 'ids.txt'), 'a\n');
    writeFileSync(
      at('old', 'run.json'),
      JSON.stringify({ format: 1, fingerprint: 'f'.repeat(64), model: {} }),
    );
    symlinkSync(at('marked'), at('link'));
    symlinkSync(at('marked', 'ids.txt'), at('ids'));
    const facts = { runs: [at('given')] };
    const owned = [
      ...[
        'run.json',
        'ids.txt',
        'IDS.txt',
        'embeddings.pt',
        'sequences.tsv.tmp',
        'more_outputs/x.npy',
        '.lock',
      ],
      ...[
        '.holdfast',
        '.holdfast-restart',
        '.holdfast-later',
        'index.corrupt',
        'index.corrupt.3/x',
        'index.tmp',
      ],
      ...[
        'ids.txt.corrupt.1',
        'embeddings.old.corrupt',
        'run.json.0123456789ab.tmp',
        '.workers.lock',
        'cluster/x',
      ],
      // Their temporary files are a run's.
      ...['rows', 'precision', 'checkpoints/shard_0/batch_00000.pt', 'logs/mine.svg'],
    ];
    for (const name of owned)
      for (const run of ['marked', 'given', 'link'])
        for (const force of [false, true])
          expect(refused(at(run, name), facts, force), name).toMatch(
            /belongs to the run in .*(marked|given), which writes and removes it itself; name another path/,
          );
    expect(refused(at('old', 'checkpoints', 'x'))).toContain(`belongs to the run in ${at('old')}`);
    expect(refused(at('ids'))).toContain('belongs to the run');
    expect(refused(at('marked'), { folder: true })).toContain('is the folder of a run');
    const free = ['map.svg', 'mine.npy', 'embeddings.parquet', 'idsxtxt', 'my-index', 'holdfast'];
    for (const name of free)
      for (const run of ['marked', 'given', 'old']) expect(refused(at(run, name), facts), name).toBeNull();
    for (const name of ['ids.txt', 'checkpoints/x']) expect(refused(at('none', name))).toBeNull();
  });

  it('refuses what cannot be written or is read, and says what to do', () => {
    mkdirSync(at('there'));
    writeFileSync(at('query.fa'), '>a\nACGT\n');
    symlinkSync(at('nowhere'), at('dangling'));
    expect(refused(at('none', 'x'))).toContain(`${at('none')} is not there; make it first`);
    expect(refused(at('query.fa', 'x'))).toContain(`${at('query.fa')} is not a folder`);
    expect(refused(at('query.fa'), { inputs: ['-', at('query.fa')] }, true)).toContain(
      'is read by this command',
    );
    for (const path of [at('there'), at('dangling'), '/dev/null'])
      expect(refused(path, {}, true)).toContain('is there and is no file');
    expect(refused(at('query.fa'), { folder: true }, true)).toContain(
      'is there and is no folder; name another folder',
    );
    expect(refused(at('there'), { folder: true })).toBeNull();
    expect(refused('-')).toBe('the plot is not printed; name a file with --output, such as --output ./-');
    expect(refused('-', { prints: true })).toBe(
      '--output - would make a file named -; leave --output out to print, or name a file, such as ./-',
    );
  });

  it('refuses a file that begins otherwise, unless it is to be replaced', () => {
    writeFileSync(at('precious.faa'), '>a\nMKV\n');
    writeFileSync(at('map.svg'), '<?xml version="1.0"?>');
    writeFileSync(at('empty.svg'), '');
    const begins = '<?xml ';
    expect(refused(at('precious.faa'), { begins })).toMatch(
      /precious.faa is there and is not this plot; .*--force/,
    );
    expect(refused(at('precious.faa'), { begins }, true)).toBeNull();
    for (const name of ['map.svg', 'empty.svg', 'new.svg']) expect(refused(at(name), { begins })).toBeNull();
  });
});

it('is one command’s alone while it is written', async () => {
  const path = at('map.svg');
  const text = Buffer.from('one');
  const second = await writeOutput(output(path), async (file) => {
    await file.write(text);
    const other = writeOutput(output(path), (file) => file.write(Buffer.from('two')));
    await expect(other).rejects.toThrow(
      /map\.svg is being written by another command \(process \d+ on .*wait/,
    );
    expect(readdirSync(folder).sort()).toEqual(['.map.svg.lock', 'map.svg.tmp']);
  });
  expect(second).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('one');
  // A command that was killed leaves its lock.
  writeFileSync(at('.map.svg.lock'), 'process 1');
  expect(await writeOutput(output(path), (file) => file.write(text))).toBe(false);
  expect(readdirSync(folder)).toEqual(['map.svg']);
});

it('takes no file for its own that is not', async () => {
  const path = at('map.svg');
  const write = () => writeOutput(output(path), (file) => file.write(Buffer.from('one')));
  writeFileSync(`${path}.tmp`, 'mine');
  await expect(write()).rejects.toThrow(/map\.svg\.tmp is there, which is no killed command's.*move it away/);
  expect(readFileSync(`${path}.tmp`, 'utf8')).toBe('mine');
  rmSync(`${path}.tmp`);
  writeFileSync(at('precious'), 'mine');
  symlinkSync(at('precious'), `${path}.tmp`);
  writeFileSync(at('.map.svg.lock'), 'process 1');
  await expect(write()).rejects.toThrow('map.svg.tmp is there');
  expect(readFileSync(at('precious'), 'utf8')).toBe('mine');
  rmSync(`${path}.tmp`);
  // Left by a kill.
  writeFileSync(`${path}.tmp`, 'half');
  writeFileSync(at('.map.svg.lock'), 'process 1');
  expect(await write()).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['map.svg', 'precious']);
});

it('keeps what has the same bytes, and replaces something else with force only', async () => {
  const path = at('map.svg');
  const write = (text: string, force = false) =>
    writeOutput(output(path, force), (file) => file.write(Buffer.from(text)));
  expect(await write('one')).toBe(true);
  expect(await write('one')).toBe(false);
  await expect(write('two')).rejects.toThrow(/map.svg is there and is not this plot; .*--force/);
  await expect(write('on')).rejects.toThrow('is not this plot');
  expect(readFileSync(path, 'utf8')).toBe('one');
  expect(await write('two', true)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('two');
  mkdirSync(at('folder'));
  await expect(writeOutput(output(at('folder'), true), async () => undefined)).rejects.toThrow('is no file');
  expect(readdirSync(folder).sort()).toEqual(['folder', 'map.svg']);
});
