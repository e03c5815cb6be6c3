import type { CommandFacts, OptionFacts, ValueFacts } from './facts.js';

/** A script for a folder of zsh's fpath, or to be sourced. */
export function zshCompletion(commands: readonly CommandFacts[]): string {
  const top = commands.filter(({ name }) => !name.includes(' '));
  return `#compdef holdfast
# Completes holdfast in zsh. Made by: holdfast completion zsh

_holdfast() {
  local state
  local -a line
  _arguments -C '--help[show the commands]' '--version[show the version]' '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(${top.map(({ name, says }) => `\n        ${quoted(`${name}:${says}`)}`).join('')}
      )
      _describe command commands
      ;;
    rest)
      case $line[1] in
${top.map(({ name }) => `        ${name}) ${functionOf(name)} ;;`).join('\n')}
      esac
      ;;
  esac
}
${commands.map((command) => definition(command, commands)).join('')}
if [ "$funcstack[1]" = _holdfast ]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`;
}

const functionOf = (name: string) => `_holdfast_${name.replaceAll(' ', '_')}`;

function definition({ name, options, argument, below }: CommandFacts, all: readonly CommandFacts[]): string {
  const specs = options.map(optionSpec);
  if (below.length === 0) {
    const rest = argument === null ? [] : [quoted(`*: :${action(argument)}`)];
    return `\n${functionOf(name)}() {\n  _arguments ${[...specs, ...rest].join(' \\\n    ')}\n}\n`;
  }
  const says = (word: string) => all.find((each) => each.name === `${name} ${word}`)?.says ?? '';
  return `
${functionOf(name)}() {
  local state
  local -a line
  _arguments -C ${[...specs, "'1: :->command'", "'*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command)
      local -a commands=(${below.map((word) => `\n        ${quoted(`${word}:${says(word)}`)}`).join('')}
      )
      _describe command commands
      ;;
    rest)
      case $line[1] in
${below.map((word) => `        ${word}) ${functionOf(`${name} ${word}`)} ;;`).join('\n')}
      esac
      ;;
  esac
}
`;
}

function optionSpec({ name, says, value }: OptionFacts): string {
  const text = `[${says.replace(/[[\]]/g, '\\$&')}]`;
  if (value === null) return quoted(`${name}${text}`);
  // A value that may be missing follows an equals sign only.
  const shape = value.optional ? `${name}=-${text}::value:` : `${name}=${text}:value:`;
  return quoted(`${shape}${action(value)}`);
}

function action({ choices, path }: ValueFacts): string {
  if (choices.length > 0) return `(${choices.join(' ')})`;
  if (path === 'folder') return '_directories';
  return path === 'file' ? '_files' : ' ';
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
