import { type Commands, commandLine } from '../src/command/options.js';
import type { Surroundings } from '../src/command/settings/apply-settings.js';

const nothing = async () => undefined;

/** Commands that do nothing. */
const IDLE: Commands = {
  embed: nothing,
  submit: nothing,
  cancel: nothing,
  status: nothing,
  inspect: nothing,
  models: nothing,
  getModels: nothing,
  checkModel: nothing,
  exportModel: nothing,
  doctor: nothing,
  lockProof: nothing,
  completion: nothing,
  verify: nothing,
  export: nothing,
  get: nothing,
  search: nothing,
  plot: nothing,
  dashboard: nothing,
  work: nothing,
  join: nothing,
};

/** No settings. */
const NOWHERE: Surroundings = { env: {}, folder: '/nowhere' };

/** The command line to look at its definitions. @param commands those that do something; the others do nothing. */
export const idleCommandLine = (commands: Partial<Commands> = {}, surroundings = NOWHERE) =>
  commandLine('1.2.3', { ...IDLE, ...commands }, () => surroundings);
