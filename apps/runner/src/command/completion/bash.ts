import type { CommandFacts, ValueFacts } from './facts.js';

/** A script that completes in bash 3.2 and later. */
export function bashCompletion(commands: readonly CommandFacts[]): string {
  const top = commands.filter(({ name }) => !name.includes(' '));
  return `# Completes holdfast in bash. Made by: holdfast completion bash

_holdfast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/\${COMP_WORDS[i]}" in
${commands.map(({ name }) => `      ${quoted(stepTo(name))}) command=${quoted(name)} ;;`).join('\n')}
    esac
  done
  # bash takes --option=value apart.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case "$command $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case $command in
    '') words=${quoted([...top.map(({ name }) => name), '--help', '--version'].join(' '))} ;;
${commands.map(wordCase).join('\n')}
  esac
  # Without an answer, bash completes names of files.
  [[ $cur == -* ]] && _holdfast_no_files
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

_holdfast_no_files() {
  compopt +o default 2>/dev/null
  return 0
}

_holdfast_folders() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$1"))
}

complete -o default -F _holdfast holdfast
`;
}

/** The command before its last word, and that word. */
function stepTo(name: string): string {
  const words = name.split(' ');
  return `${words.slice(0, -1).join(' ')}/${words.at(-1)}`;
}

/** What follows an option that takes a value. */
function valueCases({ name, options }: CommandFacts): string[] {
  return options.flatMap(({ name: option, value }) => {
    if (value === null) return [];
    return [`    ${quoted(`${name} ${option}`)}) ${answer(value)}return ;;`];
  });
}

function answer({ choices, path }: ValueFacts): string {
  if (choices.length > 0)
    return `_holdfast_no_files; COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur")); `;
  if (path === 'folder') return '_holdfast_folders "$cur"; ';
  return path === 'file' ? '' : '_holdfast_no_files; ';
}

/** The words that may come where no option's value does: options after a dash, else commands and choices. */
function wordCase({ name, options, below, argument }: CommandFacts): string {
  const names = options.map((option) => option.name).join(' ');
  const others = [...below, ...(argument?.choices ?? [])].join(' ');
  return `    ${quoted(name)}) [[ $cur == -* ]] && words=${quoted(names)} || words=${quoted(others)} ;;`;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
