import type { Check, Shape } from './check.js';

/** An object that has the listed names and no others, each with a value that its check takes. undefined is as good as absent. */
export function object<T extends object>(shape: Shape<T>): Check {
  // Without a prototype: `constructor` is not an option.
  const checks: Record<string, Check> = Object.assign(Object.create(null), shape);
  const names = Object.keys(checks);
  return (given, path) => {
    if (!isOptions(given)) return { path, kind: 'type', given, wanted: 'an object' };
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const unknown = unknownIn(given, checks);
    if (unknown !== null) return { path: at(unknown), kind: 'unknown', given, wanted: names.join(', ') };
    for (const name of names) {
      const value = (given as Record<string, unknown>)[name];
      const check = checks[name]!;
      if (value === undefined && check.required !== true) continue;
      const fault = check(value, at(name));
      if (fault !== null) return fault;
    }
    return null;
  };
}

/** Objects whose content is not in properties and would be ignored. Detected by tag: they may come from another realm. */
const OTHERS =
  /^\[object (Array|Arguments|(Weak)?(Map|Set|Ref)|Date|RegExp|Promise|Error|String|Number|Boolean|Symbol|BigInt|\w*Array|\w*ArrayBuffer|DataView)\]$/;

function isOptions(given: unknown): given is object {
  if (typeof given !== 'object' || given === null) return false;
  return isLiteral(given) || !OTHERS.test(Object.prototype.toString.call(given));
}

/** As most are, and so this is asked first: options are also checked where every microsecond counts. */
const isLiteral = (given: object) => Object.getPrototypeOf(given) === Object.prototype;

/** A name that has no check. Inherited ones count, since they are read like others; those that every object inherits do not. */
function unknownIn(given: object, checks: Readonly<Record<string, Check>>): string | null {
  for (let at: object | null = given; at !== null; at = Object.getPrototypeOf(at)) {
    if (at !== given && isRoot(at)) return null;
    for (const name of Object.keys(at)) if (checks[name] === undefined) return name;
    if (isLiteral(at)) return null;
  }
  return null;
}

/** Whether it is `Object.prototype`, be it another realm's. */
const isRoot = (at: object) => Object.getPrototypeOf(at) === null && Object.hasOwn(at, 'isPrototypeOf');
