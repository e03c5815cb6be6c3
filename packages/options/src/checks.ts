import type { Check, Fault, RequiredCheck } from './check.js';

/** A value of the right type that is not allowed: a RangeError. */
export const value =
  (wanted: string, allowed: (value: unknown) => boolean): Check =>
  (given, path) =>
    allowed(given) ? null : { path, kind: 'range', given, wanted };

/** A value of another kind than wanted: a TypeError. */
export const kind =
  (wanted: string, allowed: (value: unknown) => boolean): Check =>
  (given, path) =>
    allowed(given) ? null : { path, kind: 'type', given, wanted };

/** The option must be given. */
export function required(check: Check): RequiredCheck {
  return Object.assign((given: unknown, path: string) => check(given, path), { required: true as const });
}

const isNumber = (given: unknown): given is number => typeof given === 'number';

/** A whole number from `least` on, up to `most` where that is given. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return value(
    `a whole number ${range}`,
    (given) => isNumber(given) && Number.isSafeInteger(given) && given >= least && given <= most,
  );
}

const numberOf = (unit: string | undefined) => (unit === undefined ? 'a number' : `a number of ${unit}`);

/** A number from `least` on, infinity included. @param unit what it counts, in the plural. */
export const atLeast = (least: number, unit?: string): Check =>
  value(`${numberOf(unit)} of at least ${least}`, (given) => isNumber(given) && given >= least);

/** A number above 0, infinity included. @param unit what it counts, in the plural. */
export const above0 = (unit?: string): Check =>
  value(`${numberOf(unit)} above 0`, (given) => isNumber(given) && given > 0);

/** A number above 0 that Node's timers can wait for. */
export const timer: Check = value(
  `a number of milliseconds above 0, up to ${2 ** 31 - 1}`,
  (given) => isNumber(given) && given > 0 && given <= 2 ** 31 - 1,
);

/** One of several values. */
export const oneOf = (values: readonly unknown[]): Check =>
  value(listed(values), (given) => values.includes(given));

export const flag: Check = kind('true or false', (given) => typeof given === 'boolean');
export const callback: Check = kind('a function', (given) => typeof given === 'function');
export const text: Check = kind('a string', (given) => typeof given === 'string');
export const anything: Check = () => null;

/** A string that says something. */
export const words: Check = (given, path) =>
  text(given, path) ??
  value('a string that is not empty', (known) => (known as string).trim() !== '')(given, path);

/** An AbortSignal, also one of another realm. */
export const signal: Check = kind(
  'an AbortSignal',
  (given) => hasMethods(given, ['addEventListener', 'throwIfAborted']) && typeof given.aborted === 'boolean',
);

/** An object with these methods: whatever it is made by. */
export const having = (what: string, ...methods: readonly string[]): Check =>
  kind(`${what}, with ${methods.map((name) => `${name}()`).join(', ')}`, (given) =>
    hasMethods(given, methods),
  );

/** An array with a check of its items. `distinct`: no item twice. */
export function array(item: Check, what: string, { distinct = false } = {}): Check {
  return (given, path) => {
    if (!Array.isArray(given)) return { path, kind: 'type', given, wanted: `an array of ${what}` };
    // By index: holes are items, too.
    for (let at = 0; at < given.length; at++) {
      const fault = item(given[at], `${path}[${at}]`);
      if (fault !== null) return fault;
    }
    if (!distinct || new Set(given).size === given.length) return null;
    const at = given.findIndex((each, index) => given.indexOf(each) < index);
    return { path: `${path}[${at}]`, kind: 'range', given: given[at], wanted: 'named once only' };
  };
}

/** The value of the first check that accepts it; `wanted` describes all of them. */
export const either = (wanted: string, ...checks: readonly Check[]): Check => {
  return (given, path) => {
    const faults: Fault[] = [];
    for (const check of checks) {
      const fault = check(given, path);
      if (fault === null) return null;
      faults.push(fault);
    }
    // One that looked inside knows more.
    return faults.find((fault) => fault.path !== path) ?? { ...faults[0]!, path, given, wanted };
  };
};

function hasMethods(given: unknown, methods: readonly string[]): given is Record<string, unknown> {
  const known = given as Record<string, unknown> | null;
  return (
    typeof known === 'object' && known !== null && methods.every((name) => typeof known[name] === 'function')
  );
}

function listed(values: readonly unknown[]): string {
  const all = values.map((each) => (typeof each === 'string' ? `'${each}'` : String(each)));
  return all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** Null, or what a check accepts. @param wanted both, in words. */
export const orNull = (check: Check, wanted: string) =>
  either(
    wanted,
    check,
    value('null', (given) => given === null),
  );
