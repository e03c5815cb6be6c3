// The part of zod that the packages use. The types are zod's own, and `zod` is a dependency for their sake alone. A part that is
// not listed here has a type, but is not there when the program starts.
export type * from 'zod';
export {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum,
  int,
  int32,
  iso,
  literal,
  looseObject,
  null,
  number,
  object,
  record,
  strictObject,
  string,
  toJSONSchema,
  tuple,
  union,
  unknown,
  ZodError,
} from 'zod';
