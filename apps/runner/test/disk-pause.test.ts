import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { digestOf, freshFolder, holdfast, windows } from './command.js';
import { mountable, SmallDisk } from './small-disk.js';

// A disk that fills up while a run works on it, and has room again later.

let input: string;
let undisturbed: string;
beforeAll(async () => {
  if (!mountable) return;
  input = await windows(3000);
  const out = `${await freshFolder()}/out`;
  expect(await holdfast(['embed', input, '--out', out])).toMatchObject({ code: 0 });
  undisturbed = await digestOf(out);
});

async function smallDisk(size: string): Promise<{ disk: SmallDisk; line: string[]; out: string }> {
  const disk = await SmallDisk.make(size);
  onTestFinished(() => disk.end());
  const out = `${disk.folder}/out`;
  const line = [
    'embed',
    input,
    '--progress json',
    '--out',
    out,
    '--workers 2 --shards 2 --seq-threshold 300',
  ];
  return { disk, line, out };
}

/** SHA-256 of the result, which only the shell sees. */
async function digest(disk: SmallDisk, out: string): Promise<string> {
  const text = await disk.ask(`cat ${out}/embeddings.safetensors ${out}/ids.txt | sha256sum`);
  return text.match(/[0-9a-f]{64}/)![0];
}

describe.runIf(mountable)('a full disk', () => {
  test('pauses the run, which says so once, and goes on by itself when there is room; killed meanwhile it loses nothing', async () => {
    const { disk, line, out } = await smallDisk('1500k');
    disk.start([...line, '--ignore-disk-space']);
    expect(await disk.event('paused')).toMatchObject({
      reason: 'disk_full',
      message: expect.stringContaining('ENOSPC'),
      folder: out,
    });
    const status = await disk.ask(`${process.execPath} ${bin()} status ${out}`);
    expect(status).toMatch(/^ {2}doing +paused: disk full; make room on the disk of /m);

    const pid = JSON.parse(await disk.ask(`cat ${out}/.holdfast-heartbeat`).then(firstLine)).pid as number;
    disk.tell(`kill -9 ${pid}`);
    await disk.until(/^code 137$/);

    // The next one waits for its workers, meets the full disk too, and is stopped by a signal.
    disk.start([...line, '--ignore-disk-space']);
    await disk.event('paused');
    const second = JSON.parse(await disk.ask(`cat ${out}/.holdfast-heartbeat`).then(firstLine)).pid as number;
    expect(second).not.toBe(pid);
    disk.tell(`kill -TERM ${second}`);
    expect(await disk.until(/^holdfast: /)).toMatch(/stopped by SIGTERM; finished work is kept/);
    await disk.until(/^code 143$/);

    const before = disk.count(/"event":"paused"/);
    disk.start([...line, '--ignore-disk-space']);
    await disk.event('paused');
    disk.resize('64m');
    expect(await disk.event('continued')).toMatchObject({ seconds: expect.any(Number) });
    expect(await disk.event('complete')).toMatchObject({ already: false, sequences: 3000 });
    await disk.until(/^code 0$/);
    expect(disk.count(/"event":"paused"/)).toBe(before + 1);
    expect(await digest(disk, out)).toBe(undisturbed);
    // What the logs could not take meanwhile came later.
    const logged = await disk.ask(`cat ${out}/logs/worker_*.log`);
    expect(logged).toMatch(/"event":"disk_full"/);
    expect(logged).toMatch(/"event":"disk_room"/);
  });

  test.each([
    ['the manifest', '840k', /manifest\.json/],
    ['the result', '3200k', /embeddings\.safetensors/],
  ])('while %s is written pauses the run too', async (_what, size, message) => {
    const { disk, line, out } = await smallDisk(size);
    disk.start([...line, '--ignore-disk-space']);
    expect(await disk.event('paused')).toMatchObject({ message: expect.stringMatching(message) });
    disk.resize('64m');
    await disk.event('continued');
    await disk.until(/^code 0$/);
    expect(await digest(disk, out)).toBe(undisturbed);
  });

  test('is foreseen: the run is refused before it embeds anything, and a dry run says the same', async () => {
    const { disk, line } = await smallDisk('2m');
    const refusal =
      /^holdfast: .*\/out: the run needs [\d.]+ MB more on this disk, and [\d.]+ MB are free; .*--ignore-disk-space/;
    disk.start([...line, '--dry-run']);
    expect(JSON.parse(await disk.until(/"event":"dry_run"/))).toMatchObject({
      disks: [{ verdict: 'short' }],
    });
    await disk.until(refusal);
    await disk.until(/^code 1$/);
    disk.start(line);
    await disk.until(refusal);
    await disk.until(/^code 1$/);
    expect(await disk.ask(`ls ${disk.folder}/out/checkpoints`)).not.toContain('shard_');
    // With room, the same command resumes.
    disk.resize('64m');
    disk.start(line);
    await disk.until(/^code 0$/);
  });
});

const firstLine = (text: string) => text.split('\n')[0]!;

function bin(): string {
  return new URL('../bin/holdfast.js', import.meta.url).pathname;
}
