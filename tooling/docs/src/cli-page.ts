/** What the page needs of a commander option. */
export interface OptionFacts {
  flags: string;
  description: string;
  defaultValue?: unknown;
  presetArg?: unknown;
  argChoices?: readonly string[];
  /** Whether the command refuses to run without it. */
  mandatory?: boolean;
}

/** What the page needs of a commander command. */
export interface CommandFacts {
  usage(): string;
  description(): string;
  options: readonly OptionFacts[];
  registeredArguments: readonly { name(): string; description: string; variadic: boolean }[];
}

const begin = (name: string) => `<!-- generated: ${name}, by node tooling/docs/cli.mjs -->`;
const END = '<!-- end of generated -->';

/** The reference of one command, as Markdown between two markers. */
function commandBlock(name: string, command: CommandFacts): string {
  const args = command.registeredArguments.map((argument) =>
    row([
      code(`${argument.name()}${argument.variadic ? '…' : ''}`),
      argument.description,
      argument.required ? 'required' : '',
    ]),
  );
  const options = command.options.map((option) => {
    const { meaning, byDefault } = described(option);
    return row([code(option.flags), meaning, byDefault]);
  });
  return [
    begin(name),
    '',
    '```',
    `holdfast ${name} ${command.usage()}`,
    '```',
    '',
    command.description(),
    '',
    row(['option', 'meaning', 'default']),
    '| --- | --- | --- |',
    ...args,
    ...options,
    '',
    END,
  ].join('\n');
}

/** The page with the block of each command brought up to date. @throws Error for a command that has no place in it. */
export function withBlocks(
  page: string,
  commands: readonly (readonly [name: string, command: CommandFacts])[],
): string {
  let text = page;
  for (const [name, command] of commands) {
    const from = text.indexOf(begin(name));
    const to = text.indexOf(END, from);
    if (from < 0 || to < 0) throw new Error(`docs/cli.md has no block for ${name}`);
    text = text.slice(0, from) + commandBlock(name, command) + text.slice(to + END.length);
  }
  return text;
}

/** The descriptions name defaults that depend on something; commander knows the others. */
function described({ description, defaultValue, presetArg, argChoices, mandatory }: OptionFacts) {
  const [, text = '', inWords] = /^([\s\S]*?)(?: \(default: ([^()]*)\))?$/.exec(description) ?? [];
  const choices = argChoices === undefined ? '' : `: ${argChoices.map(code).join(', ')}`;
  const preset = presetArg === undefined ? '' : ` (without a value: ${code(String(presetArg))})`;
  const known = defaultValue === undefined || defaultValue === false ? '' : code(String(defaultValue));
  const meaning = `${text}${choices}${preset}`;
  return { meaning, byDefault: inWords ?? (mandatory ? 'required' : known) };
}

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const code = (text: string) => `\`${text}\``;
