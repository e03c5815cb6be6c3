import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const EVENTS = at('../../../apps/runner/src/events.ts');

/** Fields by event, as docs/output.md lists them. */
function documented(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const names = (cell: string) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name!);
  const table = readFileSync(at('../../../docs/output.md'), 'utf8').split('| event ')[1]!.split('\n\n')[0]!;
  for (const line of table.split('\n').slice(2)) {
    const [events = '', fields = ''] = line.split('|').slice(1);
    // What stands in brackets is within a field.
    for (const event of names(events)) found.set(event, new Set(names(fields.replace(/\([^)]*\)/g, ''))));
  }
  return found;
}

/** Fields by event, as the type of the runner's events has them. */
function typed(): Map<string, Set<string>> {
  const options = { module: ts.ModuleKind.NodeNext, strict: true, skipLibCheck: true, noEmit: true };
  const program = ts.createProgram([EVENTS], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(EVENTS)!;
  const found = new Map<string, Set<string>>();
  const add = (type: ts.Type, ofShard: boolean): void => {
    if (type.isUnion()) {
      for (const each of type.types) add(each, ofShard);
      return;
    }
    const property = (name: string) => checker.getTypeOfSymbol(type.getProperty(name)!);
    const name = (property('type') as ts.StringLiteralType).value;
    if (name === 'coordinator') return add(property('event'), true);
    // There is one for each batch: neither printed nor logged.
    if (ofShard && name === 'progress') return;
    const event = ofShard && name === 'complete' ? 'shard_complete' : name;
    const fields = found.get(event) ?? new Set();
    for (const { name: field } of type.getProperties())
      if (field !== 'type') fields.add(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    found.set(event, fields);
  };
  for (const statement of source.statements)
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === 'RunEvent')
      add(checker.getTypeAtLocation(statement.name), false);
  return found;
}

test('docs/output.md lists every event with all of its fields', () => {
  const sorted = (of: Map<string, Set<string>>) =>
    Object.fromEntries([...of].sort().map(([event, fields]) => [event, [...fields].sort()]));
  const [types, page] = [sorted(typed()), sorted(documented())];
  expect(Object.keys(types).length).toBeGreaterThan(30);
  expect(page).toEqual(types);
});
