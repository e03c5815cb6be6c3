import { expect, test } from 'vitest';
import { isDue, isSetAside, namesDue } from './set-aside.js';

test('a sequence that the model itself did not refuse is set aside', () => {
  for (const kind of ['oom', 'crash', 'hang'] as const) expect(isSetAside({ kind, error: 'e' })).toBe(true);
  expect(isSetAside({ kind: 'poison_input', error: 'idx=26 must be within [-24,23]' })).toBe(false);
});

test.each([
  'the worker died of SIGKILL before shard 0 was complete',
  'the worker ended with exit code 1 before shard 3 was complete',
  'the worker made no progress for 600 s',
])('an earlier version took a lost worker for poison: %s', (error) => {
  expect(isSetAside({ kind: 'poison_input', error })).toBe(true);
});

test('all are due on request', () => {
  expect(isDue({ kind: 'poison_input', error: 'e' }, 'all')).toBe(true);
  expect(isDue({ kind: 'poison_input', error: 'e' }, 'set_aside')).toBe(false);
});

test('a table shows whether it lists one that is due', () => {
  const head = '# id\tordinal\tkind\tattempts\terror\n';
  const poison = 'a\t3\tpoison_input\t4\tbad index\n';
  expect(namesDue(head + poison, 'set_aside')).toBe(false);
  expect(namesDue(head + poison, 'all')).toBe(true);
  expect(namesDue(`${head + poison}b\t5\toom\t4\tbad_alloc\n`, 'set_aside')).toBe(true);
  expect(namesDue(head, 'all')).toBe(false);
  // With --id whole.
  expect(namesDue(`${head}# b c\t5\toom\t4\tbad_alloc\n`, 'set_aside')).toBe(true);
});
