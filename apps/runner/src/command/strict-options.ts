import { type Command, InvalidArgumentError } from 'commander';

/** Without this, an option that lacks its value would swallow the next option. */
export function refuseSwallowed(command: Command): void {
  const names = new Set(['-h', '--help']);
  for (const { short, long } of command.options) for (const name of [short, long]) if (name) names.add(name);
  for (const option of command.options) {
    if (!option.required) continue;
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
    let given = false;
    command.on(`option:${option.name()}`, () => {
      if (given) command.error(`error: option '${option.flags}' is given twice; give it once`);
      given = true;
    });
  }
}
