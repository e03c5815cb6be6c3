import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';

/**
 * Runs mutations in a child process and tells what came of them: failures, hangs, its end, and the memory that it took.
 * Options of the command line: --runs N --seed S [--only K], and those in `options`.
 *
 * @param worker path of the child's script.
 * @param argsOf the child's first arguments, from the options' values; seed, first and last run follow.
 * @param peakMib memory that it may take.
 */
export function drive({ worker, options, argsOf, peakMib }) {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      only: { type: 'string' },
      'seconds-per-hundred': { type: 'string', default: '60' },
      ...options,
    },
  });
  const [from, to] = values.only ? [Number(values.only), Number(values.only) + 1] : [0, Number(values.runs)];
  console.log(`seed ${values.seed}`);

  /** A hundred inputs take little time; one that hangs is found by the silence after them. */
  const patience = Number(values['seconds-per-hundred']) * 1000;
  const child = fork(
    worker,
    [...argsOf(values), values.seed, from, to].map(String),
    // The heap may hold no more than is allowed in all: beyond it Node ends, which is a finding, too.
    { execArgv: [`--max-old-space-size=${peakMib}`] },
  );
  let failures = 0;
  let last = from;
  let result = null;
  let timer = null;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      console.log(`HANG between run ${last} and ${last + 99}`);
      failures++;
      child.kill('SIGKILL');
    }, patience);
  };
  watch();
  child.on('message', (message) => {
    watch();
    if (message.failure) {
      failures++;
      if (failures <= 20)
        console.log(
          `FAILURE in run ${message.run} (--seed ${values.seed} --only ${message.run})\n${message.failure}`,
        );
    } else if (message.outcomes) result = message;
    else last = message.run;
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    if (result === null) {
      console.log(`ended with ${signal ?? code} between run ${last} and ${last + 99}`);
      process.exitCode = 1;
      return;
    }
    const { read = 0, ...refused } = result.outcomes;
    const codes = Object.entries(refused)
      .sort()
      .map(([name, count]) => `${name} ${count}`);
    const peak = Math.round(result.peakKib / 1024);
    if (peak > peakMib) failures++;
    console.log(
      `${to - from} mutations: ${read} read, refused: ${codes.join(', ')}; ${failures} failures; peak RSS ${peak} MiB of ${peakMib} allowed`,
    );
    if (failures > 0) process.exitCode = 1;
  });
}

/** In the child: runs each mutation, and tells of each hundred, of findings, and of the outcomes. */
export async function runAll({ seed, from, to, run }) {
  const outcomes = {};
  for (let at = from; at < to; at++) {
    if (at % 100 === 0) process.send({ run: at });
    try {
      const outcome = await run(at, seed);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      process.send({ run: at, failure: error?.stack ?? String(error) });
    }
  }
  process.send({ outcomes, peakKib: process.resourceUsage().maxRSS });
  process.disconnect();
}
