import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { EVENTS } from '../../../apps/runner/src/events/event-schema.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const TYPES = at('../../../apps/runner/src/events.ts');

/** Fields by event, as the schema defines them. */
function defined(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { event, fields } of EVENTS)
    found.set(event, new Set([...(found.get(event) ?? []), ...Object.keys(fields)]));
  return found;
}

/** Fields by event, as the type of the runner's events has them. */
function typed(): Map<string, Set<string>> {
  const { config } = ts.readConfigFile(at('../../../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, at('../../..'));
  const program = ts.createProgram([TYPES], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(TYPES)!;
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

test('the schema of events has every event with all of its fields', () => {
  const sorted = (of: Map<string, Set<string>>) =>
    Object.fromEntries([...of].sort().map(([event, fields]) => [event, [...fields].sort()]));
  const [types, schema] = [sorted(typed()), sorted(defined())];
  expect(Object.keys(types).length).toBeGreaterThan(30);
  expect(schema).toEqual(types);
});
