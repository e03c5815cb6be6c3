import { type Command, InvalidArgumentError } from 'commander';
import { folder } from './folder.js';
import { FORCE, refuseIdleForce } from './force.js';
import { ROWS_FROM } from './get-command.js';
import { file } from './option-values.js';

/** The options of `holdfast dashboard`. */
export interface DashboardCommand {
  dir: string;
  port?: number;
  open: boolean;
  labels?: string;
  from?: string;
  static?: string;
  force: boolean;
}

export function dashboardCommand(program: Command, run: (options: DashboardCommand) => Promise<void>): void {
  program
    .command('dashboard')
    .description(
      'Shows a run in a browser on this machine: live progress, and a map of the embeddings once they are complete. Changes nothing and takes no lock.',
    )
    .argument('<dir>', 'the output folder of a run, as for embed --out', folder)
    .option('--port <n>', 'port on 127.0.0.1; without it, one that is free', port)
    .option('--open', 'open the browser', false)
    .option(
      '--labels <file>',
      'a table that colours the map: tab-separated, the ID first, columns named',
      file,
    )
    .option('--from <output>', ROWS_FROM, file)
    .option('--static <file>', 'serve nothing; write one self-contained page, such as map.html', htmlFile)
    .option('--force', FORCE, false)
    .action(async (dir: string, options: Omit<DashboardCommand, 'dir'>) => {
      refuseIdleForce(options.force, options.static, '--static');
      await run({ dir, ...options });
    });
}

/** @throws InvalidArgumentError for what is no port. */
function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}

/** No file of a run ends so, and a browser opens what does. */
function htmlFile(text: string): string {
  if (/[^/\\]\.html?$/i.test(text)) return text;
  throw new InvalidArgumentError('It must end in .html, such as map.html.');
}
