import { getEventListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { mayBeThere } from '@holdfast/durable';
import { BadRecordsError } from '@holdfast/fasta';
import { checkModel, exportModel, getModels, listModels } from '@holdfast/models';
import { sanitize } from '@holdfast/options';
import { doctor } from '@holdfast/preflight';
import { closeDebugPort, SignalSteps, type StopSignal } from '@holdfast/process';
import { onSignal } from '@holdfast/process/early-signals';
import { inspect } from '@holdfast/pt-inspect';
import { layout, refuseRunsNames } from '@holdfast/run-folder';
import { reportLines, verify } from '@holdfast/verify';
import { CommanderError } from 'commander';
import { answerLockProof } from './cluster/answer-lock-proof.js';
import { cancel } from './cluster/cancel.js';
import { join } from './cluster/join.js';
import { leaveForRequeue } from './cluster/leave.js';
import { slurm } from './cluster/slurm.js';
import { submit } from './cluster/submit.js';
import { work } from './cluster/work.js';
import { type Aftermath, aftermath } from './command/aftermath.js';
import { type CommandReport, commandReport, embedReport } from './command/embed-reporter.js';
import { endingOf } from './command/ending.js';
import { masked } from './command/masked.js';
import { commandLine } from './command/options.js';
import type { Reporting } from './command/progress-options.js';
import { endWithReader } from './command/reader-gone.js';
import { idsListed, showExport, showRows } from './command/show-export.js';
import { showRun } from './command/show-run.js';
import { verifyProgress } from './command/verify-progress.js';
import { embed } from './embed.js';
import { type EmbedOptions, runPlace, type Stop } from './embed-options.js';
import { ExitCode, RunFailedError, StoppedError, UsageError } from './errors.js';
import type { Report, RunEvent } from './events.js';
import { draw } from './plot/draw.js';
import { search } from './search/search.js';
import { version } from './version.js';

const INSPECTED = { read: ExitCode.complete, unread: ExitCode.unexpected, bad: ExitCode.badInput } as const;

/** What a stopped command leaves that runs nothing. */
const DOWNLOAD_KEPT: Aftermath = {
  kept: 'what was downloaded is kept, ',
  again: 'rerun the same command to go on',
};

/** What a stopped task or join leaves: its engine, or whoever typed it, starts it again. */
const FINISHED_KEPT: Aftermath = {
  kept: 'finished work is kept, ',
  again: 'rerun the same command to go on',
};

/** Makes signals stop the run cleanly. */
function stopOnSignals(): Required<Stop> {
  const [stop, now] = [new AbortController(), new AbortController()];
  const steps = new SignalSteps();
  onSignal((signal) => {
    const workers = getEventListeners(now.signal, 'abort').length > 0;
    const step = steps.next(signal, workers);
    if (step === 'stop') stop.abort(new StoppedError(signal));
    else if (step === 'hurry') now.abort();
    else if (step === 'die') dieBy(signal);
  });
  return { signal: stop.signal, now: now.signal };
}

/** Exits immediately, even during a system call that does not return, such as opening a pipe without a writer. */
function dieBy(stop: StopSignal): void {
  // Some other signals would dump core.
  const signal = stop === 'SIGINT' ? stop : 'SIGTERM';
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Milliseconds that a stopped task stays at most where only being killed requeues it. */
const LONGEST_STAY = 300_000;

/** The file that starts the command. */
const LAUNCHER = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** Milliseconds that a stopped run waits for whatever still keeps the process alive. */
const LINGER = 1000;

let after: Aftermath = { kept: '', again: 'rerun the same command' };
process.stderr.on('error', () => undefined);

/** What shows the progress of the command. */
let shown: CommandReport | undefined;

/** Prints one line, or the given ones, on standard error; on a terminal they replace the progress bar. */
function complain(text: string | readonly string[]): void {
  shown?.clear();
  const lines = typeof text === 'string' ? [text] : text;
  console.error(`holdfast: ${lines.map(sanitize).join('\n')}`);
}

/** Prints an error as one line on standard error, and returns the exit code. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.complete : ExitCode.badInput;
  const { code, message } = endingOf(error, after);
  complain(error instanceof BadRecordsError ? message.split('\n') : message);
  if (error instanceof StoppedError) setTimeout(() => dieBy(error.signal), LINGER).unref();
  if (process.env['HOLDFAST_DEBUG'] && code === ExitCode.unexpected) console.error((error as Error).stack);
  return code;
}

/** Refuses a working directory that was removed, since every relative path would fail with a different message. */
function refuseRemovedDirectory(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new UsageError(
      'the working directory was removed; cd to a folder that exists, then rerun the command',
      { cause },
    );
  }
}

/** Writes to standard output. Exits if the reader is gone, and fails if the listing could not be written in full. */
function listing(): (text: string) => void {
  endWithReader(complain);
  return (text) => void process.stdout.write(text);
}

/** Prints lines on standard output, as `listing`. */
function lines(): (line: string) => void {
  const write = listing();
  return (line) => write(`${line}\n`);
}

/** Does the work of a run, and shows it on standard output. @param folders where the run and its result are. */
async function reported(
  reporting: Reporting,
  folders: Pick<EmbedOptions, 'out' | 'work'>,
  heard: Report,
  run: (report: Report) => Promise<number>,
): Promise<void> {
  // A reader that goes away (`| head`) must not stop the run.
  process.stdout.on('error', () => undefined);
  const report: Report = (event) => {
    heard(event);
    shown?.report(event);
  };
  try {
    shown = embedReport(reporting, folders, { screen: process.stdout, stream: 'standard output', complain });
    process.exitCode = await run(report);
  } catch (error) {
    if (error instanceof RunFailedError)
      report({ type: 'run_failed', exit_code: error.exitCode, message: error.message });
    throw error;
  } finally {
    shown?.end();
  }
}

const ignored = () => undefined;

/** Shows downloads and trials on standard error: standard output has what the command is asked for. */
function modelsReport(reporting: Reporting): Report {
  shown = commandReport(reporting, { screen: process.stderr, stream: 'standard error', complain });
  return shown.report;
}

// Exit now: while Node.js winds down, its signal handlers are gone, and a second signal would kill the process.
process.on('beforeExit', () => process.exit());
await closeDebugPort();
try {
  refuseRemovedDirectory();
  await commandLine(version, {
    async embed(options, reporting) {
      const { forceRestart } = options;
      let planned = false;
      const heard = (event: RunEvent) => {
        if (event.type === 'planned') planned = true;
      };
      // A log may lie in the output folder.
      const { log: _, ...unlogged } = reporting;
      try {
        await reported(options.dryRun ? unlogged : reporting, options, heard, (report) => {
          const { settings } = reporting;
          if (settings !== undefined) report({ type: 'settings', settings });
          const invocation = {
            command: ['holdfast', ...process.argv.slice(2).map(masked)],
            ...(settings && { settings: settings.map((each) => ({ ...each, value: masked(each.value) })) }),
          };
          return embed({ ...options, invocation }, report, stopOnSignals());
        });
      } catch (error) {
        const begun = planned || (!forceRestart && mayBeThere(runPlace(options).run));
        after = aftermath({ begun, forceRestart });
        throw error;
      }
    },
    async submit(options, reporting) {
      after = { kept: 'nothing was submitted, ', again: 'rerun the same command' };
      const print = lines();
      const report = modelsReport(reporting);
      const { settings } = reporting;
      if (settings !== undefined) report({ type: 'settings', settings });
      process.exitCode = await submit(options, {
        slurm,
        holdfast: [process.execPath, ...process.execArgv, LAUNCHER],
        report,
        print,
        stop: stopOnSignals(),
        onWaiting() {
          after = {
            kept: 'only the waiting ended: the jobs go on, ',
            again: 'rerun the same command to wait again',
          };
        },
      }).finally(() => shown?.end());
    },
    async cancel({ dir }) {
      await cancel(layout(dir), { slurm, print: lines() });
    },
    async work(dir, reporting) {
      after = FINISHED_KEPT;
      const stop = stopOnSignals();
      const run = (report: Report) => work(dir, report, stop);
      await reported(reporting, { out: dir }, ignored, run).catch(async (error: unknown) => {
        if (!(error instanceof StoppedError)) throw error;
        const { now } = stop;
        process.exitCode = await leaveForRequeue(process.env, { graceMs: LONGEST_STAY, now, say: complain });
      });
    },
    async join(dir, reporting) {
      after = FINISHED_KEPT;
      await reported(reporting, { out: dir }, ignored, (report) => join(dir, report, stopOnSignals()));
    },
    async status(options) {
      process.exitCode = await showRun(options, complain);
    },
    async inspect(options) {
      const write = listing();
      process.exitCode = INSPECTED[await inspect(options, { write, error: complain })];
    },
    async doctor(options) {
      after = { ...after, kept: 'nothing is left behind, ' };
      const stop = stopOnSignals();
      // Its test file is removed first, even if the signal comes twice, as `timeout` sends it.
      stop.now.addEventListener('abort', () => undefined);
      const ok = await doctor(options, listing(), stop.signal, complain);
      process.exitCode = ok ? ExitCode.complete : ExitCode.unexpected;
    },
    async lockProof(out, nonce) {
      listing()(`${JSON.stringify(await answerLockProof(out, nonce))}\n`);
    },
    async completion(script) {
      listing()(script);
    },
    async exportModel(options, reporting) {
      refuseRunsNames(options.to, { option: '--to' });
      const { signal } = stopOnSignals();
      const folder = await exportModel({ ...options, signal, onEvent: modelsReport(reporting) });
      listing()(`${folder}\n`);
    },
    async verify({ json, ...options }) {
      const kept = options.repair ? 'what was moved aside stays aside, ' : 'nothing was changed, ';
      after = { ...after, kept };
      const { signal } = stopOnSignals();
      const progress = verifyProgress(process.stderr);
      const onProgress = progress.show;
      const report = await verify({ ...options, signal, onProgress, onWaiting: complain }).finally(
        progress.end,
      );
      listing()(`${json ? JSON.stringify(report) : reportLines(report).join('\n')}\n`);
      process.exitCode = report.ok ? ExitCode.complete : ExitCode.damaged;
    },
    async export(options) {
      after = { kept: 'nothing is left half-written, ', again: 'rerun the same command to go on' };
      listing()(await showExport(options, process.stderr, stopOnSignals().signal));
    },
    async get(options) {
      endWithReader(complain);
      await showRows(options, process.stdout, complain);
    },
    async plot(options) {
      after = { kept: 'nothing is left behind, ', again: 'rerun the same command' };
      const bar = verifyProgress(process.stderr, Date.now, 'drawing');
      const onProgress = (share: number) => bar.show({ what: 'the map', done: share, total: 1 });
      const { signal } = stopOnSignals();
      await draw(options, { signal, print: listing(), onProgress, complain }).finally(bar.end);
    },
    async search(options, reporting) {
      after = { kept: 'nothing is left behind, ', again: 'rerun the same command' };
      const report = modelsReport(reporting);
      endWithReader(complain);
      const print = (text: string) =>
        new Promise<void>((resolve) => void process.stdout.write(text, () => resolve()));
      const bar = verifyProgress(process.stderr, Date.now, 'comparing');
      const onProgress = (done: number, total: number) => {
        if (reporting.progress === undefined || reporting.progress === 'bar')
          bar.show({ what: 'rows', done, total });
      };
      const tell = reporting.progress === 'none' ? ignored : complain;
      const around = { report, stop: stopOnSignals(), print, tell, onProgress };
      const { id = [], ids: list, ...asked } = options;
      const ids = [...id, ...(await idsListed(list))];
      if (ids.length + asked.queries.length === 0)
        throw new UsageError(
          'name a file of queries, or sequences of the run with --id; holdfast help search shows how',
        );
      process.exitCode = await search({ ...asked, ids }, around).finally(() => {
        shown?.end();
        bar.end();
      });
    },
    async dashboard(options) {
      after = { kept: 'nothing was changed, ', again: 'rerun the same command' };
      const { signal } = stopOnSignals();
      const { showDashboard } = await import('./command/show-dashboard.js');
      await showDashboard(options, { print: lines(), complain, signal });
      // Ctrl-C is how a dashboard is meant to end.
      if (signal.aborted && signal.reason.signal !== 'SIGINT') throw signal.reason;
    },
    async models({ json }) {
      listModels(json, listing());
    },
    async getModels({ models }, reporting) {
      after = DOWNLOAD_KEPT;
      const { signal } = stopOnSignals();
      await getModels(models, { signal, onEvent: modelsReport(reporting) }, listing());
    },
    async checkModel(options, reporting) {
      after = DOWNLOAD_KEPT;
      const { signal } = stopOnSignals();
      const report = modelsReport(reporting);
      await checkModel({ ...options, signal, onEvent: report, onTrial: report }, listing());
    },
  }).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
