import { type Commands, commandLine } from '../src/command/options.js';

const nothing = async () => undefined;

/** Commands that do nothing. */
const IDLE: Commands = {
  embed: nothing,
  status: nothing,
  inspect: nothing,
  models: nothing,
  getModels: nothing,
  checkModel: nothing,
  exportModel: nothing,
  doctor: nothing,
  completion: nothing,
  verify: nothing,
};

/** The command line to look at its definitions. @param commands those that do something; the others do nothing. */
export const idleCommandLine = (commands: Partial<Commands> = {}) =>
  commandLine('1.2.3', { ...IDLE, ...commands });
