import { checkOptions, OptionRangeError, object } from '@holdfast/options';
import { isEnv } from './argument-checks.js';
import { type Thresholds, thresholdChecks } from './decide.js';

/** The environment variable that turns viral mode on with the value `true`. */
export const VIRAL_MODE_VARIABLE = 'VIRNUCPRO_VIRAL_CHECKPOINT_MODE';

const isPassed = object<Partial<Thresholds>>(thresholdChecks);

const DEFAULTS: Thresholds = { seqThreshold: 10_000, timeThresholdSec: 300, emergencyOverrideSec: 600 };
const VIRAL: Partial<Thresholds> = { seqThreshold: 5_000, timeThresholdSec: 180 };

/**
 * The thresholds in force: passed values, else viral mode's if it is on, else the defaults. A passed value
 * counts even if it equals a default.
 *
 * @throws RangeError for a threshold that is not a number above 0, an unknown name, or a variable that is
 * neither `true` nor `false`; TypeError for an environment that is not an object (`code` is
 * `invalid_option`).
 */
export function resolveThresholds(passed: Partial<Thresholds>, env: NodeJS.ProcessEnv): Thresholds {
  checkOptions('resolveThresholds', passed, isPassed);
  checkOptions('resolveThresholds', env, isEnv, 'env');
  const viral = isViral(env[VIRAL_MODE_VARIABLE]);
  const given = Object.fromEntries(Object.entries(passed).filter(([, value]) => value !== undefined));
  return { ...DEFAULTS, ...(viral ? VIRAL : {}), ...given };
}

/** Whether viral mode is on; an empty variable counts as unset. */
function isViral(setting: string | undefined): boolean {
  const word = (setting ?? '').trim().toLowerCase();
  if (word === 'true') return true;
  if (word === 'false' || word === '') return false;
  // Otherwise `1` or `yes` would silently mean off.
  throw new OptionRangeError(
    `the environment variable ${VIRAL_MODE_VARIABLE} is ${JSON.stringify(setting)}; set it to true or false, or unset it`,
    { of: 'resolveThresholds', option: `env.${VIRAL_MODE_VARIABLE}`, given: setting },
  );
}
