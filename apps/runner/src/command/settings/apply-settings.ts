import { type Command, InvalidArgumentError, type Option } from 'commander';
import { optionOfName, optionOfVariable, PREFIX, variableOf } from './setting-names.js';
import { type Given, readSettings, SettingsError } from './settings-file.js';

/** Where settings are looked for. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** The working directory. */
  folder: string;
}

/** An option that was not given on the command line, but by a variable or a file. */
export interface Setting {
  /** With its dashes. */
  option: string;
  value: string;
  /** The variable, or the file. */
  from: string;
}

interface Found extends Setting {
  definition: Option;
  source: 'env' | 'config';
}

/**
 * Lets variables and a file of settings give the options of a command that its command line does not give. Ends the command, as
 * commander does, for a name or a value that is refused.
 *
 * @returns what was given so, once the command line is parsed.
 */
export function acceptSettings(command: Command, surroundings: () => Surroundings): () => readonly Setting[] {
  const parse = command.parseOptions.bind(command);
  let applied: Setting[] = [];
  command.parseOptions = (words) => {
    const parsed = parse(words);
    const help = parsed.unknown.some((word) => word === '--help' || word === '-h');
    if (!help) applied = apply(command, surroundings());
    return parsed;
  };
  return () => applied;
}

function apply(command: Command, { env, folder }: Surroundings): Setting[] {
  const refuse = (from: string, why: string): never => command.error(`error: ${from}: ${why}`);
  const variables = ofVariables(command, env, refuse);
  const config = variables.find(({ option }) => option === '--config');
  const asked = command.getOptionValue('config') as string | undefined;
  const all = [...variables, ...ofFile(command, asked ?? config?.value, folder, refuse)];
  const applied: Setting[] = [];
  for (const { definition, source, option, value, from } of all) {
    const key = definition.attributeName();
    // Variables come first, so a file gives only what they do not.
    if (command.getOptionValueSource(key) === 'cli' || applied.some((each) => each.option === option))
      continue;
    const parsed = readValue(definition, value, (why) =>
      refuse(from, `${option} '${value}' is invalid. ${why}`),
    );
    if (parsed !== undefined) command.setOptionValueWithSource(key, parsed, source);
    applied.push({ option, value, from });
  }
  return applied;
}

type Refuse = (from: string, why: string) => never;

function ofVariables(command: Command, env: NodeJS.ProcessEnv, refuse: Refuse): Found[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!name.startsWith(PREFIX) || value === undefined) return [];
    const known = optionOfVariable(name, command.options, command.name());
    if (known === null) return [];
    if ('refused' in known) return refuse(name, known.refused);
    const { option } = known;
    return [
      {
        definition: option,
        source: 'env' as const,
        option: option.long!,
        value,
        from: variableOf(option.long!),
      },
    ];
  });
}

function ofFile(command: Command, asked: string | undefined, folder: string, refuse: Refuse): Found[] {
  let file: ReturnType<typeof readSettings>;
  try {
    file = readSettings(asked, folder);
  } catch (error) {
    if (error instanceof SettingsError) return refuse('settings', error.message);
    throw error;
  }
  return [...(file?.values ?? [])].map(([name, value]: [string, Given]) => {
    const known = optionOfName(name, command.options, command.name());
    if ('refused' in known) return refuse(`${file!.path}: ${name}`, known.refused);
    const { option } = known;
    return {
      definition: option,
      source: 'config' as const,
      option: option.long!,
      value: String(value),
      from: file!.path,
    };
  });
}

/** A value as its option reads it on the command line; undefined leaves the default. */
function readValue(option: Option, value: string, refuse: (why: string) => never): unknown {
  if (!option.required) {
    if (value === 'false') return undefined;
    if (value === 'true') return option.optional ? option.presetArg : true;
    if (!option.optional) return refuse('It must be true or false.');
  }
  try {
    return option.parseArg === undefined ? value : option.parseArg(value, undefined as never);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return refuse(error.message);
    throw error;
  }
}
