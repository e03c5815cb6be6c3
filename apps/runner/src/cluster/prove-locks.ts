import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectoryDurably } from '@holdfast/durable';
import { FileLock, LockUnsupportedError } from '@holdfast/file-lock';
import type { Layout } from '@holdfast/run-folder';
import { RunFailedError, UsageError } from '../errors.js';
import { ExitCode } from '../exit-codes.js';
import { adviceFor } from './lock-advice.js';
import { answerIn, mountAt, type ProofAnswer, proofFiles, textIn } from './lock-proof.js';

/** What a command on a node left. */
export interface NodeRun {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs Holdfast on another machine and waits for it.
 *
 * @param argv its arguments, without the program: `['doctor', '--out', …]`.
 */
export type RunOnNode = (argv: readonly string[]) => Promise<NodeRun>;

/** Looks for what a node wrote, and milliseconds between two: a network file system may show it late. */
const LOOKS = 20;
const PAUSE = 250;

/** Seconds that times of files may be apart, if nothing is said of a lease. A quarter of the default lease. */
const SKEW = 30;

/**
 * Proves that locks in a run's folder work between this machine and a node: the node is refused a lock that is held here, and gets
 * it once it is released; both see what the other wrote; and the file system dates the files of both by about the same clock,
 * since tasks judge each other by these dates.
 *
 * @param options.maxSkewSec how many seconds dates may be apart. Default 30.
 * @throws UsageError that names the mount option to change; RunFailedError if the node could not be asked.
 */
export async function proveLocks(
  place: Pick<Layout, 'out' | 'cluster'>,
  runOnNode: RunOnNode,
  { maxSkewSec = SKEW }: { maxSkewSec?: number } = {},
): Promise<{ host: string }> {
  const nonce = randomBytes(8).toString('hex');
  const files = proofFiles(place, nonce);
  await makeDirectoryDurably(place.cluster);
  const ask = async () =>
    answerOf(await runOnNode(['doctor', '--out', resolve(place.out), '--lock-proof', nonce]));
  try {
    await writeFile(files.here, nonce, { flush: true });
    const lock = await lockHere(place, files.lock);
    let answer: ProofAnswer;
    try {
      answer = await ask();
      checkFolder(place, answer);
      await checkWritten(place, files, { nonce, host: answer.host, maxSkewSec });
      if (answer.lock !== 'refused')
        throw locksFail(place, answer, 'it was granted a lock that is held here');
    } finally {
      await lock.release();
    }
    const later = await ask();
    checkFolder(place, later);
    if (later.lock !== 'granted') throw locksFail(place, later, 'it was refused a lock that nobody holds');
    return { host: answer.host };
  } finally {
    for (const path of [files.here, files.there]) await rm(path, { force: true });
  }
}

async function lockHere(place: Pick<Layout, 'out'>, path: string): Promise<FileLock> {
  try {
    return await FileLock.acquire(path, { timeoutMs: 0 });
  } catch (cause) {
    if (!(cause instanceof LockUnsupportedError)) throw cause;
    const advice = adviceFor([{ host: hostname(), mount: mountAt(place.out) }]);
    throw new UsageError(
      `${place.out}: its file system has no working locks here (${cause.reason}); ${advice}`,
      {
        cause,
      },
    );
  }
}

function answerOf({ code, stdout, stderr }: NodeRun): ProofAnswer {
  const answer = code === 0 ? answerIn(stdout) : null;
  if (answer !== null) return answer;
  const said = stderr.trim().split('\n').at(-1) || stdout.trim().split('\n').at(-1) || 'nothing';
  throw new RunFailedError(
    `locks could not be tried on a node: the command there ended with exit code ${code} and said: ${said}`,
    ExitCode.unexpected,
  );
}

/** @throws UsageError if the node sees another folder. */
function checkFolder({ out }: Pick<Layout, 'out'>, { host, sees }: ProofAnswer): void {
  if (!sees)
    throw new UsageError(
      `${out}: ${host} does not see what ${hostname()} writes there; use a folder on a file system that all machines share, under the same path`,
    );
}

/** @throws UsageError if what the node wrote is not seen here, or is of another time. */
async function checkWritten(
  { out }: Pick<Layout, 'out'>,
  files: ReturnType<typeof proofFiles>,
  { nonce, host, maxSkewSec }: { nonce: string; host: string; maxSkewSec: number },
): Promise<void> {
  for (let looks = 1; (await textIn(files.there)) !== nonce; looks++) {
    if (looks === LOOKS)
      throw new UsageError(
        `${out}: ${hostname()} does not see what ${host} writes there; use a folder on a file system that all machines share, and that shows new files within seconds`,
      );
    await delay(PAUSE);
  }
  const { mtimeMs: before } = await stat(files.here);
  const { mtimeMs: theirs } = await stat(files.there);
  // The node wrote between these two.
  await writeFile(files.here, nonce, { flush: true });
  const { mtimeMs: after } = await stat(files.here);
  const apart = Math.max(before - theirs, theirs - after) / 1000;
  if (apart > maxSkewSec)
    throw new UsageError(
      `${out}: files that ${host} writes are dated ${Math.round(apart)} s ${theirs > after ? 'later' : 'earlier'} than those that ${hostname()} writes, and tasks judge by these dates whether another is alive; synchronize the clocks of all machines, such as by NTP`,
    );
}

function locksFail({ out }: Pick<Layout, 'out'>, answer: ProofAnswer, what: string): UsageError {
  const { host, lock, reason, mount } = answer;
  const wrong = lock === 'unsupported' ? `it has no working locks (${reason})` : what;
  const advice = adviceFor([
    { host, mount },
    { host: hostname(), mount: mountAt(out) },
  ]);
  return new UsageError(
    `${out}: locks do not work between ${hostname()} and ${host} (there: ${wrong}), so machines would overwrite each other's records; ${advice}`,
  );
}
