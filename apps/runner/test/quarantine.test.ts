import { existsSync } from 'node:fs';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { freshFolder, holdfast, start, windows } from './command.js';
import { quarantineRows } from './quarantine-rows.js';

const ESM2 = fileURLToPath(new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url));

let out: string;
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const quarantine = (ids: ReadonlySet<string>, kind?: string) => quarantineRows(out, ids, kind);

/** Each ID of the result with its row's bytes, and the whole table. */
async function result() {
  const bytes = await readFile(join(out, 'embeddings.safetensors'));
  const length = Number(bytes.readBigUInt64LE());
  const [rows, dim] = JSON.parse(bytes.toString('utf8', 8, 8 + length)).embeddings.shape;
  const at = (row: number) => 8 + length + row * dim * 4;
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
  expect([ids.length, at(rows)]).toEqual([rows, bytes.length]);
  return ids.map((id, row) => [id, bytes.toString('hex', at(row), at(row + 1))] as const);
}

const table = () => readFile(join(out, 'quarantine.tsv'), 'utf8');

test.each<[string, string[]]>([
  ['reads', []],
  ['translated reads', ['--model', ESM2, '--translate', 'all']],
])(
  '%s: a run with quarantined sequences is complete without them, and ends with exit code 3 each time',
  async (_what, more) => {
    const args = ['embed', await windows(60), '--out', out, '--shards', '3', '--workers', '1', ...more];
    // Frames of windows that overlap are alike.
    const line = [...args, '--no-dedupe'];
    const first = await holdfast([...line, '--seq-threshold', '8']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.lines.at(-1)).toMatchObject({ event: 'complete', quarantined: 0 });
    expect(first.lines.at(-1)).not.toHaveProperty('quarantine');
    const whole = await result();
    const ordinals = [0, 17, 18, whole.length - 1];
    const left = new Set(ordinals.map((ordinal) => whole[ordinal]![0]));
    await quarantine(left);

    const told = {
      event: 'complete',
      sequences: whole.length - 4,
      quarantined: 4,
      quarantine: join(out, 'quarantine.tsv'),
    };
    // Made anew from the checkpoints, as this test and not a run wrote them.
    await rm(join(out, 'checkpoints', 'manifest.json'));
    const few = await holdfast([...line, '--max-quarantined', '3']);
    expect(few).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^holdfast: 4 sequences are quarantined.*; the limit is 3/),
    });
    expect(few.lines.at(-1)).toMatchObject({ event: 'run_failed', exit_code: 4 });

    const joined = await holdfast(line);
    expect(joined).toMatchObject({ code: 3, stderr: '' });
    expect(joined.lines.at(-1)).toMatchObject({ ...told, already: false });
    expect(await result()).toEqual(whole.filter(([id]) => !left.has(id)));
    const lines = ordinals.map((ordinal) => `${whole[ordinal]![0]}\t${ordinal}\tpoison_input\t9\tbad\n`);
    const listed = ['# id\tordinal\tkind\tattempts\terror\n', ...lines].join('');
    expect(await table()).toBe(listed);

    const again = await holdfast(line);
    expect(again).toMatchObject({ code: 3, stderr: '' });
    // Stops in frames are told each time.
    expect(again.lines.filter(({ event }) => event !== 'warning')).toMatchObject([
      { ...told, already: true },
    ]);

    const excused = await holdfast([...line, '--quarantine-ok']);
    expect(excused).toMatchObject({ code: 0, stderr: '' });
    expect(excused.lines.at(-1)).toMatchObject({ ...told, already: true, quarantine_ok: true });
    expect(again.lines.at(-1)).not.toHaveProperty('quarantine_ok');

    await appendFile(join(out, 'quarantine.tsv'), 'more\n');
    const mended = await holdfast(line);
    expect([mended.code, mended.lines.at(-1)!['already'], await table()]).toEqual([3, false, listed]);

    const anew = await holdfast([...line, '--force-restart']);
    expect([anew.code, await result(), existsSync(join(out, 'quarantine.tsv'))]).toEqual([0, whole, false]);
  },
);

test.runIf(process.platform === 'linux')(
  'a retry whose workers crash from outside says that a rerun tries again, lists what is still set aside, and the rerun does',
  async () => {
    const line = ['embed', await windows(20), '--out', out, '--shards', '2', '--workers', '1'];
    expect(await holdfast(line)).toMatchObject({ code: 0 });
    const whole = await result();
    const left = [whole[3]![0], whole[15]![0]];
    await quarantine(new Set(left), 'crash');
    await rm(join(out, 'checkpoints', 'manifest.json'));
    const running = start(line);
    let retrying = false;
    running.onLine(({ event, pid }) => {
      retrying ||= event === 'retrying';
      if (retrying && event === 'spawned') process.kill(pid as number, 'SIGSEGV');
    });
    const { code, lines } = await running.ended;
    expect([code, lines.at(-1)]).toMatchObject([3, { event: 'complete', already: false, quarantined: 2 }]);
    expect(lines.filter(({ event }) => event === 'warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^not every quarantined sequence could be reattempted: .*SIGSEGV.*; .*rerunning the same command reattempts them$/,
      ),
    );
    const listed = (await table()).split('\n').slice(1, -1);
    expect(listed.map((row) => row.split('\t').slice(0, 4))).toEqual(
      left.map((id, at) => [id, `${[3, 15][at]}`, 'crash', '9']),
    );
    const { quarantined } = JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
    expect(quarantined).toBe(2);

    expect(await holdfast(line)).toMatchObject({ code: 0 });
    expect([await result(), existsSync(join(out, 'quarantine.tsv'))]).toEqual([whole, false]);
  },
  60_000,
);
