import { array, checkOptions, kind, text } from '@holdfast/options';

const areOptions = array(text, 'strings');
const isEnv = kind('an object, such as process.env', (given) => typeof given === 'object' && given !== null);

/** An address that no machine has (RFC 5737). */
const NOWHERE = '192.0.2.1:9229';

/**
 * Node options that stop SIGUSR1 from opening the debugger, to which every user of the machine could connect: a starting process
 * has no handler of its own yet. Empty if the user asked for a debugger.
 *
 * @param asked other options that Node is started with.
 * @throws TypeError for invalid options or an invalid environment (`code` is `invalid_option`).
 */
export function noDebugPort(
  asked: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  checkOptions('noDebugPort', asked, areOptions, 'asked');
  checkOptions('noDebugPort', env, isEnv, 'env');
  const wanted = [...asked, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  if (wanted.some((option) => option.startsWith('--inspect'))) return [];
  const off = '--disable-sigusr1';
  const known = process.allowedNodeEnvironmentFlags.has(off);
  return [`--inspect-port=${NOWHERE}`, ...(known ? [off] : [])];
}
