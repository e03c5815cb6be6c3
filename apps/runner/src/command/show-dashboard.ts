import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Dashboard, startDashboard, type Work, writeStaticPage } from '@holdfast/dashboard';
import { mayBeThere } from '@holdfast/durable';
import { counted, grouped } from '@holdfast/options';
import { refuseNoFolder, unknownLabelsWords } from '@holdfast/result';
import { layout, runElsewhere } from '@holdfast/run-folder';
import { statusOf } from '@holdfast/status';
import { UsageError } from '../errors.js';
import type { DashboardCommand } from './dashboard-command.js';

/** What `holdfast dashboard` tells, and what ends it. */
export interface Showing {
  print(line: string): void;
  /** Prints a line on standard error. */
  complain(line: string): void;
  signal: AbortSignal;
}

/** The page that Vite built, beside what is built of the command. */
const PAGE = fileURLToPath(new URL('./dashboard.html', import.meta.url));

/**
 * `holdfast dashboard`: serves a run until the signal aborts, or writes one page of it.
 *
 * @throws UsageError if there is no run, or the port is taken; RunFolderError for labels or a result that cannot be read.
 */
export async function showDashboard(options: DashboardCommand, showing: Showing): Promise<void> {
  const { dir: asked, labels, from, static: to, force } = options;
  if (to !== undefined && (options.port !== undefined || options.open))
    throw new UsageError('--static writes a file and serves nothing: leave out --port and --open');
  await refuseNoFolder(asked);
  const place = layout(asked);
  const dir = (mayBeThere(place.run) ? null : runElsewhere(place)) ?? asked;
  const { state, reason, next } = await statusOf(dir);
  if (state === 'none')
    throw new UsageError(`${dir}: no run of Holdfast here: ${reason}; ${next.text}: ${next.command}`);
  const page = await readFile(PAGE, 'utf8');
  if (to === undefined) return serve({ ...options, dir }, page, showing);
  const { print, signal } = showing;
  const onWork = ({ what, done }: Work) => progress(`computing ${what}: ${Math.round(100 * done)}%`);
  const given = { ...(labels !== undefined && { labels }), ...(from !== undefined && { from }) };
  const written = await writeStaticPage({ dir, page, to, force, signal, onWork, ...given }).finally(() =>
    progress(''),
  );
  warnOf(written.unknownLabels, labels, showing);
  if (state === 'damaged')
    showing.complain(`warning: the page has no map: ${reason}; holdfast verify ${dir} says what to do`);
  const { points, rows } = written;
  const sampled = points < rows ? `, a sample of ${grouped(rows)}` : '';
  print(
    `${to}: one page that needs no server${rows > 0 ? `, with ${counted(points, 'point')}${sampled}` : ''}`,
  );
}

async function serve(
  { dir, port, labels, from, open }: DashboardCommand,
  page: string,
  showing: Showing,
): Promise<void> {
  const started = await startDashboard({
    dir,
    page,
    ...(port !== undefined && { port }),
    ...(labels !== undefined && { labels }),
    ...(from !== undefined && { from }),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new UsageError(`port ${port} is taken; leave out --port to take one that is free`);
  });
  warnOf(started.unknownLabels, labels, showing);
  showing.print(started.url);
  if (process.stderr.isTTY)
    showing.complain('Open this address in a browser. Ctrl-C ends the dashboard; the run goes on.');
  if (open) openBrowser(started, showing);
  try {
    await new Promise<void>((resolve) => {
      if (showing.signal.aborted) resolve();
      showing.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await started.close();
  }
}

/** On a terminal, one line that is written over: UMAP may take minutes. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function warnOf(unknown: number, labels: string | undefined, { complain }: Showing): void {
  if (unknown > 0 && labels !== undefined) complain(`warning: ${unknownLabelsWords(labels, unknown)}`);
}

/** The system's own opener. If there is none, the address is printed anyway. */
function openBrowser({ url }: Dashboard, { complain }: Showing): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url];
  const failed = () => complain('no browser could be opened; open the address above yourself');
  const child = spawn(command!, args, { detached: true, stdio: 'ignore' });
  child.on('error', failed);
  child.on('exit', (code) => {
    if (code !== 0) failed();
  });
  child.unref();
}
