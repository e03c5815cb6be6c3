#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { type Inspected, inspect } from './inspect.js';

const USAGE = 'usage: pt-inspect [--json] [--head N] FILE...';
const EXIT_CODES: Readonly<Record<Inspected, number>> = { read: 0, unread: 1, bad: 2 };

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, head: { type: 'string', default: '0' } },
  });
  if (positionals.length === 0) throw new Error('it needs a file');
  if (!/^\d{1,9}$/.test(values.head)) throw new Error(`--head ${values.head}: it must be a whole number`);
  return { files: positionals, json: values.json, head: Number(values.head) };
}

// A reader that has seen enough (`| head`) went away.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? undefined : 1),
);
const error = (text: string) => console.error(`pt-inspect: ${text}`);
try {
  process.exitCode =
    EXIT_CODES[await inspect(options(), { write: (text) => process.stdout.write(text), error })];
} catch (cause) {
  error(`${(cause as Error).message}; ${USAGE}`);
  process.exitCode = 2;
}
