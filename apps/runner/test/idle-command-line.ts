import { commandLine } from '../src/command/options.js';

const nothing = async () => undefined;

/** The command line with commands that do nothing, to look at its definitions. */
export const idleCommandLine = () =>
  commandLine('1.2.3', {
    embed: nothing,
    inspect: nothing,
    models: nothing,
    getModels: nothing,
    checkModel: nothing,
    exportModel: nothing,
    doctor: nothing,
  });
