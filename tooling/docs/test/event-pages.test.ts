import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EVENTS, eventJsonSchema } from '../../../apps/runner/src/events/event-schema.js';
import { withEventTable } from '../src/event-table.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = 'docs/output.md';
const SCHEMA = 'docs/events.schema.json';
const read = (path: string) => (existsSync(`${root}/${path}`) ? readFileSync(`${root}/${path}`, 'utf8') : '');
const formatted = (path: string, text: string) =>
  execFileSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });

test.each([
  [PAGE, () => withEventTable(read(PAGE), EVENTS)],
  [SCHEMA, () => JSON.stringify(eventJsonSchema())],
])('%s is what the definitions of events say; node tooling/docs/cli.mjs updates it', (path, made) => {
  const due = formatted(path, made());
  if (process.env['WRITE_DOCS']) writeFileSync(`${root}/${path}`, due);
  else expect(read(path)).toBe(due);
});

test('a field that a definition has and the table lacks is seen', () => {
  const page = read(PAGE);
  expect(page).toContain('`delay_ms`, `reason`');
  const without = page.replace('`delay_ms`, `reason`', '`reason`');
  expect(formatted(PAGE, withEventTable(without, EVENTS))).toBe(page);
});
