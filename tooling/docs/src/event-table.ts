/** What the page needs of an event's definition. */
export interface EventFacts {
  event: string;
  meaning: string;
  fields: Readonly<Record<string, unknown>>;
}

const BEGIN = '<!-- generated: events, by node tooling/docs/cli.mjs -->';
const END = '<!-- end of generated -->';

/** A page with its table of events brought up to date. @throws Error if it has no place for one. */
export function withEventTable(page: string, events: readonly EventFacts[]): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error('docs/output.md has no block for events');
  const table = ['| event | fields | meaning |', '| --- | --- | --- |', ...rows(events)].join('\n');
  return `${page.slice(0, from)}${BEGIN}\n\n${table}\n\n${page.slice(to)}`;
}

/** One row a name: a name may have two definitions. */
function rows(events: readonly EventFacts[]): string[] {
  const names = [...new Set(events.map(({ event }) => event))];
  return names.map((name) => {
    const same = events.filter(({ event }) => event === name);
    const fields = same.map((each) => Object.keys(each.fields).map(code).join(', '));
    return `| ${code(name)} | ${fields.join('; or ')} | ${same.map(({ meaning }) => meaning).join('; or ')} |`;
  });
}

const code = (text: string) => `\`${text}\``;
