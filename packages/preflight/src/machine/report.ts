import { counted, sanitize } from '@holdfast/options';
import { type Finding, possible } from './judge.js';

/** The findings as lines, and last whether embedding is possible. */
export function reportLines(findings: readonly Finding[], out: string): string[] {
  const width = Math.max(...findings.map(({ topic }) => topic.length));
  const lines = findings.flatMap(({ topic, state, text, remedy }) => {
    const line = `${state.padEnd(7)}  ${topic.padEnd(width)}  ${sanitize(text)}`;
    return remedy === undefined ? [line] : [line, `${' '.repeat(11 + width)}→ ${sanitize(remedy)}`];
  });
  const problems = findings.filter(({ state }) => state === 'problem').length;
  const verdict = possible(findings)
    ? `Embedding on the CPU into ${sanitize(out)} is possible.`
    : `Embedding into ${sanitize(out)} is not possible: ${counted(problems, 'problem')}, see above.`;
  return [...lines, '', verdict];
}
