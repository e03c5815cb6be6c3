import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findModel, getModel } from './get-model.js';
import type { HubEvent } from './get-options.js';
import { hubName } from './hub-name.js';
import { cachedModel } from './model-cache.js';
import { hubSettings } from './settings.js';
import { type HubFaults, type LoopbackHub, loopbackHub } from './testing.js';

const ID = 'lab/model';
const WEIGHTS = 'model.safetensors';
const LARGE = /model\.safetensors$/;

let folder: string;
let hub: LoopbackHub;
let events: HubEvent[];

/** A model's folder; the files that are not needed must not be downloaded. */
function model(files: Record<string, string | Buffer>): string {
  const at = mkdtempSync(join(folder, 'model-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(at, name, '..'), { recursive: true });
    writeFileSync(join(at, name), content);
  }
  return at;
}

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) % 251));
const usual = { 'config.json': '{}', 'vocab.txt': 'A\n', [WEIGHTS]: bytes(100_000), 'README.md': 'no' };

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const DIGEST = sha256(usual[WEIGHTS]);

const settings = (env: Record<string, string> = {}) =>
  hubSettings({ HF_HOME: join(folder, 'home'), HF_ENDPOINT: hub.url, ...env });

const options = (env: Record<string, string> = {}) => ({
  settings: settings(env),
  signal: new AbortController().signal,
  onEvent: (event: HubEvent) => void events.push(event),
  pause: () => 0,
  silentMs: 100,
});

const name = (text = ID) => hubName(text)!;
const get = (text = ID, env: Record<string, string> = {}) => getModel(name(text), options(env));
const find = (text = ID, env: Record<string, string> = {}) => findModel(name(text), options(env));
const asked = (path: RegExp) => hub.requests.filter((request) => path.test(request.path));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-'));
  events = [];
  hub = await loopbackHub({ [ID]: model(usual) });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("a model's files are links into the cache of Hugging Face, as its own programs make them", async () => {
  const got = await get();
  expect(got.folder).toBe(join(settings().cache, 'models--lab--model', 'snapshots', got.commit));
  expect(readdirSync(got.folder).sort()).toEqual(['config.json', 'model.safetensors', 'vocab.txt']);
  expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
  expect(readlinkSync(join(got.folder, WEIGHTS))).toBe(join('..', '..', 'blobs', DIGEST));
  expect(readFileSync(join(got.folder, '..', '..', 'refs', 'main'), 'utf8')).toBe(got.commit);
  expect(events.at(-1)).toEqual({ type: 'downloaded', model: ID, folder: got.folder, bytes: 100_004 });
});

test('what is there is not asked for again, by any of its names, and without a network', async () => {
  const got = await get();
  const before = hub.requests.length;
  expect(await find()).toEqual(got);
  expect(await find(`${ID}@${got.commit}`)).toEqual(got);
  expect(await find(ID, { HF_HUB_OFFLINE: '1' })).toEqual(got);
  expect(await get(ID, { HF_HUB_OFFLINE: '1' })).toEqual(got);
  expect(hub.requests).toHaveLength(before);
  expect(await get()).toEqual(got);
  expect(asked(LARGE)).toHaveLength(2);
});

test('a branch that moved is another commit; the old one stays, and only what changed is downloaded', async () => {
  const old = await get();
  hub.models[ID] = model({ ...usual, 'vocab.txt': 'A\nC\n' });
  expect(await find()).toEqual(old);
  const now = await get();
  expect(now.commit).not.toBe(old.commit);
  expect(await find()).toEqual(now);
  expect(await find(`${ID}@${old.commit}`)).toEqual(old);
  expect(asked(LARGE)).toHaveLength(2);
});

test('a cached file that was changed since is found, and downloaded again', async () => {
  const got = await get();
  const blob = realpathSync(join(got.folder, WEIGHTS));
  writeFileSync(blob, Buffer.alloc(100_000));
  expect(await get()).toEqual(got);
  expect(sha256(readFileSync(blob))).toBe(DIGEST);
});

test.each(['config.json', WEIGHTS])(
  'offline, %s is checked against its checksum; to find a model reads nothing',
  async (file) => {
    const got = await get();
    const offline = { HF_HUB_OFFLINE: '1' };
    expect(await get(ID, offline)).toEqual(got);
    const path = realpathSync(join(got.folder, file));
    const good = readFileSync(path);
    writeFileSync(path, Buffer.from(good).fill('?', 0, 1));
    await expect(get(ID, offline)).rejects.toMatchObject({
      code: 'hub_damaged',
      message: expect.stringMatching(
        new RegExp(`lab/model: .*\\(${join(got.folder, file)}\\).*\`holdfast models get lab/model\``),
      ),
    });
    expect(await find(ID, offline)).toEqual(got);
    // The remedy helps.
    await get();
    expect(readFileSync(path)).toEqual(good);
    expect(await get(ID, offline)).toEqual(got);
  },
);

test('offline, a file that has no checksum for a name is taken as it is', async () => {
  const got = await get();
  const path = join(got.folder, 'config.json');
  rmSync(path);
  writeFileSync(path, '{"changed": true}');
  expect(await get(ID, { HF_HUB_OFFLINE: '1' })).toEqual(got);
});

test('weights without tokens or configuration, as Python may leave them, are completed; offline they are what is there', async () => {
  const got = await get();
  for (const name of ['vocab.txt', 'config.json']) {
    rmSync(join(got.folder, name));
    expect(await find(ID, { HF_HUB_OFFLINE: '1' })).toEqual({ ...got, whole: false });
    expect(await find()).toEqual(got);
    expect(readdirSync(got.folder)).toContain(name);
  }
});

test('a link in a circle is no file: the model is completed', async () => {
  const { folder: at } = await get();
  rmSync(join(at, 'vocab.txt'));
  symlinkSync('vocab.txt', join(at, 'vocab.txt'));
  expect((await cachedModel(name(), settings().cache))?.whole).toBe(false);
  await find();
  expect(readFileSync(join(at, 'vocab.txt'), 'utf8')).toBe('A\n');
});

test('a cache that cannot be written to is enough if the model is complete there', async () => {
  const got = await get();
  const readOnly = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
  const acquire = vi.spyOn(FileLock, 'acquire').mockRejectedValue(readOnly);
  try {
    expect(await get()).toEqual(got);
    const blob = join(settings().cache, 'models--lab--model', 'blobs', DIGEST);
    writeFileSync(blob, bytes(100_000).fill(1, 0, 1));
    await expect(get()).rejects.toMatchObject({
      code: 'hub_read_only',
      passing: false,
      message: expect.stringMatching(/^lab\/model: is not complete in .*\(EROFS\); .*HF_HUB_CACHE/),
    });
    rmSync(blob);
    await expect(get()).rejects.toMatchObject({ code: 'hub_read_only' });
  } finally {
    acquire.mockRestore();
  }
});

test('a cache that cannot be made is named, with the variables that move it', async () => {
  const { cache } = settings();
  mkdirSync(dirname(cache), { recursive: true });
  rmSync(cache, { recursive: true, force: true });
  const says = {
    code: 'hub_read_only',
    passing: false,
    message: expect.stringMatching(/cannot be made.*HF_HUB_CACHE/),
  };
  symlinkSync('/nonexistent/x', cache);
  await expect(get()).rejects.toMatchObject(says);
  rmSync(cache);
  writeFileSync(cache, 'a file');
  await expect(get()).rejects.toMatchObject(says);
});

test('a file that the system writes in parts is whole', async () => {
  const file = await open(join(folder, 'x'), 'w');
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  const whole = prototype.write;
  const spy = vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...args: unknown[]) {
    const [bytes, from, length] = args as [Buffer, number, number];
    return whole.call(this, bytes, from, Math.min(length, 1000));
  });
  try {
    const got = await get();
    expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
  } finally {
    spy.mockRestore();
  }
});

test('a snapshot of Python with a part of the files is completed', async () => {
  const { commit, folder: at } = await get();
  rmSync(join(at, WEIGHTS));
  expect(await cachedModel(name(), settings().cache)).toBeNull();
  expect(await find()).toEqual({ commit, folder: at, whole: true });
  expect(sha256(readFileSync(join(at, WEIGHTS)))).toBe(DIGEST);
});

describe('the connection fails', () => {
  test('an interrupted file goes on where it was', async () => {
    hub.faults.cut = (path, before) => (LARGE.test(path) && before < 7 ? 30_000 : null);
    const got = await get();
    expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
    const ranges = asked(LARGE).map(({ range }) => range);
    expect(ranges.filter(Boolean).length).toBeGreaterThan(2);
  });

  test('a server without ranges sends all again', async () => {
    hub.faults.cut = (path, before) => (LARGE.test(path) && before < 3 ? 30_000 : null);
    hub.faults.noRanges = true;
    const got = await get();
    expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
  });

  test.each<[string, HubFaults]>([
    [
      '429, and says for how long',
      { status: (_, n) => (n < 2 ? { status: 429, headers: { 'retry-after': '2' } } : null) },
    ],
    ['503', { status: (_, n) => (n < 3 ? { status: 503 } : null) }],
    ['a length that is too large', { length: (path, n) => (LARGE.test(path) && n < 3 ? 200_000 : null) }],
    ['a length that is too small', { length: (path, n) => (LARGE.test(path) && n < 3 ? 50 : null) }],
    ['another byte, once', { damage: (path, n) => LARGE.test(path) && n < 2 }],
  ])('the hub answers with %s, and then well', async (_, faults) => {
    hub.faults = faults;
    const got = await get();
    expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
  });

  test('as long as the hub asks to wait, but no longer than five minutes', async () => {
    const pauses: number[] = [];
    const answers = ['7', '100000'];
    hub.faults.status = (path, n) =>
      /api/.test(path) && answers[n] ? { status: 429, headers: { 'retry-after': answers[n] } } : null;
    await getModel(name(), {
      ...options(),
      pause: (seconds) => {
        pauses.push(seconds);
        return 0;
      },
    });
    expect(pauses).toEqual([7, 300]);
    expect(events[0]).toMatchObject({ type: 'waiting', reason: expect.stringMatching(/429 .*again in 7 s/) });
  });

  test.each<[string, HubFaults]>([
    ['503 again and again', { status: () => ({ status: 503 }) }],
    ['the same first bytes for ever', { cut: (path) => (LARGE.test(path) ? 1000 : null), noRanges: true }],
    ['nothing', { cut: (path) => (LARGE.test(path) ? 0 : null) }],
  ])('the hub answers with %s: an error that passes, and what arrived is kept', async (_, faults) => {
    hub.faults = faults;
    await expect(get()).rejects.toMatchObject({
      code: 'hub_unreachable',
      passing: true,
      message: expect.stringMatching(/^lab\/model: cannot be downloaded .*rerun the same command/),
    });
    expect(await cachedModel(name(), settings().cache)).toBeNull();
    hub.faults = {};
    await get();
  });

  test('no server at all', async () => {
    await hub[Symbol.asyncDispose]();
    await expect(get()).rejects.toMatchObject({ code: 'hub_unreachable', message: /ECONNREFUSED/ });
  });

  const waits = () => events.flatMap((event) => (event.type === 'waiting' ? [event.seconds] : []));

  test('a server whose name is not known: after half a minute, what to do without a network', async () => {
    const message = await get(ID, { HF_ENDPOINT: 'https://hub.invalid' }).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).toMatch(
      /hub\.invalid cannot be found: is this machine on a network\? \((ENOTFOUND|EAI_AGAIN)\), 6 times/,
    );
    expect(message).toContain(`copy ${join(folder, 'home', 'hub', 'models--lab--model')} from one that has`);
    expect(waits()).toEqual([1, 2, 4, 8, 15]);
  });

  test('a network that is lost during a download is waited for', async () => {
    const lost = { status: 302, headers: { location: 'https://hub.invalid/weights' } };
    hub.faults.status = (path, n) => (LARGE.test(path) && n < 5 ? lost : null);
    await get();
    expect(waits()).toEqual([1, 2, 4, 8, 15]);
  });

  test('a server that is silent', async () => {
    hub.faults.silent = (path, n) => LARGE.test(path) && n < 1;
    const got = await get();
    expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
  });
});

describe('refusals say what to do', () => {
  test.each<[string, string, Record<string, string>, object]>([
    [
      'an unknown name',
      'lab/other',
      {},
      { code: 'hub_not_found', message: /shows nobody.*spelling.*HF_TOKEN/ },
    ],
    [
      'an unknown revision',
      `${ID}@v9`,
      {},
      { code: 'hub_not_found', message: /no branch, tag or commit 'v9'/ },
    ],
    [
      'no network allowed',
      ID,
      { HF_HUB_OFFLINE: 'ON' },
      { code: 'hub_offline', message: /holdfast models get lab\/model/ },
    ],
  ])('%s', async (_, text, env, error) => {
    const { message, ...rest } = error as { message: RegExp };
    await expect(get(text, env)).rejects.toMatchObject({ ...rest, message: expect.stringMatching(message) });
    expect(readdirSync(folder).filter((each) => each === 'home')).toEqual([]);
  });

  test('terms that must be accepted', async () => {
    hub.faults.status = () => ({ status: 403, headers: { 'x-error-code': 'GatedRepo' } });
    await expect(get()).rejects.toMatchObject({
      code: 'hub_refused',
      message: expect.stringMatching(/accept them at http:.*\/lab\/model.*HF_TOKEN/),
    });
  });

  test('no weights', async () => {
    hub.models[ID] = model({ 'config.json': '{}', 'tf_model.h5': 'x' });
    await expect(get()).rejects.toMatchObject({ code: 'hub_no_model', message: /tf_model\.h5/ });
  });

  test('a configuration that its caller cannot use: the weights are not downloaded', async () => {
    const refuse = (config: unknown) => `is ${JSON.stringify(config)}`;
    await expect(getModel(name(), { ...options(), refuse })).rejects.toMatchObject({
      code: 'hub_no_model',
      message: expect.stringMatching(/^lab\/model: is \{\}; choose a model/),
    });
    expect(asked(LARGE)).toEqual([]);
    hub.models[ID] = model({ 'config.json': '{}', 'onnx/model.onnx': 'x' });
    await getModel(name(), { ...options(), refuse });
  });

  test('a file that is wrong twice is not kept', async () => {
    hub.faults.damage = (path) => LARGE.test(path);
    await expect(get()).rejects.toMatchObject({
      code: 'hub_wrong_bytes',
      // What changes bytes on the way may stop.
      passing: true,
      message: expect.stringMatching(/^lab\/model, model\.safetensors: .*checksum/),
    });
    const blobs = readdirSync(join(settings().cache, 'models--lab--model', 'blobs'));
    expect(blobs.every((each) => each.length === 40)).toBe(true);
  });

  test.each([
    ['no JSON', 'hello'],
    ['no checksums', JSON.stringify({ sha: 'a'.repeat(40), siblings: [{ rfilename: 'config.json' }] })],
    [
      'a checksum that is a path',
      JSON.stringify({
        sha: 'a'.repeat(40),
        siblings: [{ rfilename: 'config.json', size: 1, blobId: '../../x' }],
      }),
    ],
    ['another commit', JSON.stringify({ sha: '../x', siblings: [] })],
  ])('a listing with %s', async (_, text) => {
    const folderOf = model({ [WEIGHTS]: text });
    const other = await loopbackHub({ 'a/b': folderOf });
    await using _other = other;
    const { commit } = await getModel(
      { id: 'a/b', revision: 'main' },
      { ...options(), settings: { ...settings(), endpoint: other.url } },
    );
    hub.faults.status = (path) =>
      /api/.test(path)
        ? { status: 302, headers: { location: `${other.url}/a/b/resolve/${commit}/${WEIGHTS}` } }
        : null;
    await expect(get()).rejects.toMatchObject({ code: 'hub_bad_answer' });
  });

  test('an address that is none', () => {
    expect(() => hubSettings({ HF_ENDPOINT: 'hub' })).toThrow(/HF_ENDPOINT: "hub" is not an address/);
    expect(() => hubSettings({ HF_ENDPOINT: 'http://me:secret@hub' })).toThrow(
      /^HF_ENDPOINT: holds a user or a password/,
    );
  });

  test('a token that is none, and a proxy that is none', async () => {
    expect(() => hubSettings({ HF_TOKEN: 'a\nb' })).toThrow(/^HF_TOKEN: is no token/);
    vi.stubEnv('HTTP_PROXY', 'socks5://me:secret@proxy:1');
    vi.stubEnv('NO_PROXY', '');
    await expect(get()).rejects.toMatchObject({
      code: 'hub_bad_setting',
      message: expect.stringMatching(/^HTTP_PROXY: is no address of an HTTP proxy; (?!.*secret)/),
    });
    vi.unstubAllEnvs();
  });
});

test('the token goes to the hub, and not to where it redirects', async () => {
  hub.token = 'secret';
  await expect(get()).rejects.toMatchObject({ code: 'hub_not_found' });
  hub.requests.length = 0;
  await get(ID, { HF_TOKEN: 'secret\n' });
  const front = new URL(hub.url).host;
  const tokens = new Map(hub.requests.map(({ host, token }) => [host === front, token]));
  expect(tokens).toEqual(
    new Map([
      [true, 'Bearer secret'],
      [false, undefined],
    ]),
  );
});

test('several at once download each file once', async () => {
  const got = await Promise.all([get(), get(), get()]);
  expect(new Set(got.map((each) => each.folder)).size).toBe(1);
  expect(asked(LARGE)).toHaveLength(2);
});

test('a stop ends a download, and a rest is resumed', async () => {
  const stop = new AbortController();
  const first = getModel(name(), {
    ...options(),
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'downloading' && event.bytes > 0) stop.abort(new Error('stopped'));
    },
  });
  await expect(first).rejects.toThrow('stopped');
  const got = await get();
  expect(sha256(readFileSync(join(got.folder, WEIGHTS)))).toBe(DIGEST);
});

test('whatever the hub does wrong, a model is complete and right, or not there', async () => {
  const fault = fc.record({
    cut: fc.array(fc.option(fc.nat(100_000)), { maxLength: 6 }),
    damage: fc.array(fc.boolean(), { maxLength: 4 }),
    status: fc.array(fc.option(fc.constantFrom(500, 503, 429, 408)), { maxLength: 4 }),
    length: fc.array(fc.option(fc.nat(200_000)), { maxLength: 4 }),
    noRanges: fc.boolean(),
    part: fc.option(fc.nat(120_000)),
  });
  await fc.assert(
    fc.asyncProperty(fault, async ({ cut, damage, status, length, noRanges, part }) => {
      await using broken = await loopbackHub({ [ID]: hub.models[ID]! });
      broken.faults = {
        cut: (_, n) => cut[n] ?? null,
        damage: (path, n) => LARGE.test(path) && (damage[n] ?? false),
        status: (_, n) => (status[n] == null ? null : { status: status[n] }),
        length: (path, n) => (LARGE.test(path) ? (length[n] ?? null) : null),
        noRanges,
      };
      const cache = mkdtempSync(join(folder, 'cache-'));
      if (part !== null) {
        const blobs = join(cache, 'models--lab--model', 'blobs');
        mkdirSync(blobs, { recursive: true });
        writeFileSync(join(blobs, `${DIGEST}.holdfast`), bytes(part));
      }
      const own = { ...options(), settings: { ...settings(), endpoint: broken.url, cache } };
      const got = await getModel(name(), own).catch((error: { code: string }) => {
        expect(['hub_wrong_bytes', 'hub_unreachable']).toContain(error.code);
        return null;
      });
      const there = await cachedModel(name(), cache);
      expect(there).toEqual(got);
      if (there !== null)
        for (const [file, content] of Object.entries(usual).slice(0, 3))
          expect(sha256(readFileSync(join(there.folder, file)))).toBe(sha256(Buffer.from(content)));
    }),
    { numRuns: 60 },
  );
});

test('the loopback hub answers what Python asks for: headers of a file, and the files of a commit', async () => {
  const { commit } = await get();
  const head = await fetch(`${hub.url}/${ID}/resolve/main/${WEIGHTS}`, {
    method: 'HEAD',
    redirect: 'manual',
  });
  expect(head.status).toBe(302);
  expect(Object.fromEntries(head.headers)).toMatchObject({
    'x-repo-commit': commit,
    'x-linked-etag': `"${DIGEST}"`,
    'x-linked-size': '100000',
  });
  const small = await fetch(`${hub.url}/${ID}/resolve/${commit}/vocab.txt`, { method: 'HEAD' });
  expect([small.headers.get('x-repo-commit'), small.headers.get('content-length')]).toEqual([commit, '2']);
  const tree = await (await fetch(`${hub.url}/api/models/${ID}/tree/${commit}?recursive=True`)).json();
  expect(tree).toContainEqual(
    expect.objectContaining({ type: 'file', path: WEIGHTS, lfs: expect.objectContaining({ oid: DIGEST }) }),
  );
});
