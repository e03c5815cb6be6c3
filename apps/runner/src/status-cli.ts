import { sanitize } from '@holdfast/options';
import { Command, CommanderError } from 'commander';
import { AS_OTHER_ERRORS } from './command/as-other-errors.js';
import { addExamples } from './command/examples.js';
import { showRun } from './command/show-run.js';
import { statusCommand } from './command/status-command.js';
import { refuseRepeated, refuseSwallowed } from './command/strict-options.js';
import { ExitCode } from './exit-codes.js';
import { version } from './version.js';

// `holdfast status` alone: it is asked for often, so it loads none of what embeds. `cli.ts` has the same command for `holdfast help`.

const complain = (text: string) => console.error(`holdfast: ${sanitize(text)}`);
process.stderr.on('error', () => undefined);
// Exit now, as in `cli.ts`.
process.on('beforeExit', () => process.exit());

const program = new Command('holdfast').version(version).exitOverride().configureOutput(AS_OTHER_ERRORS);
statusCommand(program, async (options) => {
  process.exitCode = await showRun(options, complain);
});
addExamples(program);
for (const command of program.commands) {
  command.showHelpAfterError('(see `holdfast help status`)');
  refuseRepeated(command);
  refuseSwallowed(command);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await exitCodeOf(error);
}

async function exitCodeOf(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.complete : ExitCode.badInput;
  if ((error as { code?: unknown }).code === 'manifest_version') {
    complain((error as Error).message);
    return ExitCode.badInput;
  }
  const { endingOf } = await import('./command/ending.js');
  const { code, message } = endingOf(error, { kept: '', again: 'rerun the same command' });
  complain(message);
  if (process.env['HOLDFAST_DEBUG'] && code === ExitCode.unexpected) console.error((error as Error).stack);
  return code;
}
