import type { Check, Fault, Shape } from './check.js';

/** An object that has the listed names and no others, each with a value that its check takes. undefined is as good as absent. */
export function object<T extends object>(shape: Shape<T>): Check {
  // Without a prototype: `constructor` is no option.
  const checks: Record<string, Check> = Object.assign(Object.create(null), shape);
  const names = Object.keys(checks);
  return (given, path) => {
    if (!isOptions(given)) return { path, kind: 'type', given, wanted: 'an object' };
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    for (const name of namesOf(given))
      if (checks[name] === undefined)
        return { path: at(name), kind: 'unknown', given, wanted: names.join(', ') };
    for (const name of names) {
      const fault = faultOf(checks[name]!, (given as Record<string, unknown>)[name], at(name));
      if (fault !== null) return fault;
    }
    return null;
  };
}

function faultOf(check: Check, value: unknown, path: string): Fault | null {
  return value === undefined && check.required !== true ? null : check(value, path);
}

/** Objects whose content is no properties, which would be ignored. Told by their tag: they may come from another realm. */
const OTHERS =
  /^\[object (Array|Arguments|(Weak)?(Map|Set|Ref)|Date|RegExp|Promise|Error|String|Number|Boolean|Symbol|BigInt|\w*Array|\w*ArrayBuffer|DataView)\]$/;

const isOptions = (given: unknown): given is object =>
  typeof given === 'object' && given !== null && !OTHERS.test(Object.prototype.toString.call(given));

/** Names that can be seen, inherited ones too, since they are read like others; those that every object inherits are left out. */
function* namesOf(given: object): Generator<string> {
  for (let at: object | null = given; at !== null; at = Object.getPrototypeOf(at)) {
    if (at !== given && isRoot(at)) return;
    yield* Object.keys(at);
  }
}

/** Whether it is `Object.prototype`, be it another realm's. */
const isRoot = (at: object) => Object.getPrototypeOf(at) === null && Object.hasOwn(at, 'isPrototypeOf');
