import { type Command, InvalidArgumentError, type Option } from 'commander';

const repeatable = new WeakSet<Option>();

/** Marks an option that collects its values, which may be options of another program. */
export function mayRepeat(option: Option): Option {
  repeatable.add(option);
  return option;
}

/** Without this, an option that lacks its value would swallow the next option. */
export function refuseSwallowed(command: Command): void {
  const names = new Set(['-h', '--help']);
  for (const { short, long } of command.options) for (const name of [short, long]) if (name) names.add(name);
  for (const option of command.options) {
    if (!option.required || repeatable.has(option)) continue;
    const { parseArg } = option;
    option.argParser((text: string, before: unknown) => {
      const [name] = text.split('=');
      if (names.has(name!))
        throw new InvalidArgumentError(`${name} is an option: give a value for ${option.long} before it.`);
      return parseArg === undefined ? text : parseArg(text, before as never);
    });
  }
}

/** An option that is given twice is ambiguous. */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (repeatable.has(option)) continue;
    let given = false;
    command.on(`option:${option.name()}`, () => {
      if (given) command.error(`error: option '${option.flags}' is given twice; give it once`);
      given = true;
    });
  }
}
