/** Why a value is refused. */
export interface Fault {
  /** The option, with a dot before each nested name and brackets around an index; empty for the options themselves. */
  path: string;
  /** `unknown`: there is no such option. `type`: a TypeError. `range`: a RangeError. */
  kind: 'unknown' | 'type' | 'range';
  given: unknown;
  /** A phrase for the allowed values that follows "must be". For an unknown name: the known ones, separated by commas. */
  wanted: string;
  /** The value's name in the message if its path is empty. Default: the options. */
  called?: string;
}

/** Says what is wrong with a value; null if nothing is. Only `required` is asked about undefined. */
export interface Check {
  (value: unknown, path: string): Fault | null;
  /** Whether the option must be given. */
  required?: true;
}

/** A check of an option that must be given. */
export interface RequiredCheck extends Check {
  required: true;
}

/**
 * The closed list of an options object: one check a name. The compiler refuses a list that lacks a name of the interface, has
 * one too many, or differs from it in what must be given.
 */
export type Shape<T> = { readonly [K in keyof T]-?: object extends Pick<T, K> ? Check : RequiredCheck };
