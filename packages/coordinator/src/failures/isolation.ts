import { array, kind, object, oneOf, orNull, required, text, whole } from '@holdfast/options';

/** A row of a batch that fails alone. */
export interface PoisonedRow {
  /** Its place in the batch, from 0. */
  row: number;
  kind: PoisonKind;
  /** Model calls that failed with this row in them. */
  attempts: number;
  /** What was said of the last of them. */
  error: string;
}

/**
 * Why a row has no embedding: the model refuses it (`poison_input`), there is too little memory for it alone (`oom`), or its
 * worker crashed (`crash`) or hung (`hang`) with it alone. Only the first is the model's own word; a machine's troubles, or
 * a user's signal, can look like the others.
 */
export const POISON_KINDS = ['poison_input', 'oom', 'crash', 'hang'] as const;
export type PoisonKind = (typeof POISON_KINDS)[number];

/** A model call that failed. */
export interface GroupFailure {
  kind: PoisonKind;
  error: string;
  /** Rows of the group that are known to be at fault, as those of NaN; each is tried alone next. The others are good. */
  faulty?: readonly number[] | undefined;
}

const rowList = array(whole(0), 'rows');

export const groupFailure = object<GroupFailure>({
  kind: required(oneOf(POISON_KINDS)),
  error: required(text),
  faulty: rowList,
});

/**
 * How far the search for the rows at fault in a batch has come: plain JSON, so that another worker, or another
 * coordinator, goes on with it. Rows are numbered within the batch.
 */
export interface Isolation {
  batchIdx: number;
  /** Calls of the whole batch that failed before the search began. */
  strikes: number;
  /** Rows of which at least one is at fault; null: all of the batch, empty: none that is known of. */
  suspects: number[] | null;
  /** Rows that are tried alone before anything else. */
  alone: number[];
  /** Rows in a call at most, for which there is memory; null: any number. */
  most: number | null;
  poisoned: PoisonedRow[];
  /** Calls of parts of the batch that failed, in the search and before, by row; shorter where the last rows had none. */
  failures: number[];
  /** Calls of the search that failed. */
  failed: number;
  /** Whether a worker that had a failure cannot be believed any more, as a failure breaks its device until it ends. */
  fragile?: boolean;
  /** Whether a call hung: a control goes before each row that is tried alone. */
  hangs?: boolean;
  /** Controls that made no progress for the stall limit. */
  slowControls?: number;
}

/** Checks a search as far as a caller can have made it: its fields are not checked at each call. */
export const isIsolation = required(
  kind('the search that startIsolation gives', (given) => {
    const search = given as Isolation | null | undefined;
    return typeof search === 'object' && Array.isArray(search?.alone) && Array.isArray(search.poisoned);
  }),
);

/** What is known before a search begins. */
export type IsolationClues = Partial<
  Pick<Isolation, 'alone' | 'suspects' | 'most' | 'poisoned' | 'failures'>
>;

export const isolationClues = object<IsolationClues>({
  alone: rowList,
  suspects: orNull(rowList, 'an array of rows, or null'),
  most: orNull(whole(1), 'a whole number of at least 1, or null'),
  poisoned: array(
    object<PoisonedRow>({
      row: required(whole(0)),
      kind: required(oneOf(POISON_KINDS)),
      attempts: required(whole(0)),
      error: required(text),
    }),
    'poisoned rows',
  ),
  failures: array(whole(0), 'whole numbers'),
});

/**
 * The search in a batch that failed `strikes` times as a whole.
 *
 * @param clues rows that are suspected themselves, or among which the fault is, how many fit into memory, those that are known to be
 * at fault, and calls of parts that failed, by row; from what failed.
 */
export function startIsolation(
  batchIdx: number,
  strikes: number,
  { alone = [], suspects = null, most = null, poisoned = [], failures = [] }: IsolationClues = {},
): Isolation {
  const among = alone.length > 0 ? [] : suspects;
  return { batchIdx, strikes, suspects: among, alone, most, poisoned, failures, failed: 0 };
}

/**
 * The rows to be embedded together next, ascending; null when every row is good or poisoned. A group that failed is halved
 * until a row is alone, which is tried twice; where its first half is good, the fault must be in the second, which is halved
 * without a try. What is left over is then tried as one, so that `k` rows of `n` cost about `k (log2 n + 3)` calls.
 *
 * @param size rows in the batch.
 * @param good rows that are embedded and kept; none after a worker was lost.
 */
export function nextGroup(isolation: Isolation, size: number, good: ReadonlySet<number>): number[] | null {
  const { alone, poisoned } = isolation;
  const most = isolation.most ?? size;
  const out = new Set(poisoned.map(({ row }) => row));
  const open = (rows: Iterable<number>) => Array.from(rows).filter((row) => !good.has(row) && !out.has(row));
  const [single] = open(alone);
  if (single !== undefined) return [single];
  const suspects = open(isolation.suspects ?? rowsOf(size));
  if (suspects.length > 0) return suspects.slice(0, Math.min(most, Math.ceil(suspects.length / 2)));
  const rest = open(rowsOf(size));
  return rest.length > 0 ? rest.slice(0, most) : null;
}

/** The search after a group was embedded. */
export function groupPassed(isolation: Isolation, size: number, group: readonly number[]): Isolation {
  const passed = new Set(group);
  const left = (rows: Iterable<number>) => Array.from(rows).filter((row) => !passed.has(row));
  return {
    ...isolation,
    suspects: left(isolation.suspects ?? rowsOf(size)),
    alone: left(isolation.alone),
  };
}

/** The search after a group failed. */
export function groupFailed(
  isolation: Isolation,
  group: readonly number[],
  failure: GroupFailure,
): Isolation {
  const failures = countedIn(isolation.failures, group);
  const hangs = isolation.hangs === true || failure.kind === 'hang';
  const next = { ...isolation, failures, failed: isolation.failed + 1, ...(hangs && { hangs }) };
  const [row] = group;
  if (group.length > 1 || row === undefined) {
    const { faulty, kind } = failure;
    // Too many at once is nobody's fault.
    if (kind === 'oom') return { ...next, most: Math.max(1, Math.floor(group.length / 2)) };
    if (faulty === undefined || faulty.length === 0) return { ...next, suspects: [...group] };
    return { ...next, suspects: [], alone: [...faulty] };
  }
  const { kind, error } = failure;
  // It may have been something that passes, or somebody else's memory: what is alone for the first time is tried once more.
  if (!isolation.alone.includes(row)) return { ...next, suspects: [], alone: [...isolation.alone, row] };
  const attempts = isolation.strikes + failures[row]!;
  const poisoned = [...isolation.poisoned, { row, kind, attempts, error }];
  return {
    ...next,
    // Of the others nothing is known any more.
    suspects: [],
    alone: isolation.alone.filter((other) => other !== row),
    poisoned: poisoned.sort((a, b) => a.row - b.row),
  };
}

/**
 * The search after a worker that had proved its device lost it amid the calls: which of them failed for what reason is not
 * known, so that but for what was found it begins anew, with workers that end at each failure.
 */
export const deviceLost = (isolation: Isolation): Isolation => ({
  ...isolation,
  suspects: null,
  alone: [],
  failed: isolation.failed + 1,
  fragile: true,
});

/** Counts by row, and one more for each of these. */
export function countedIn(counts: readonly number[], rows: readonly number[]): number[] {
  const counted = [...counts];
  for (const row of rows) {
    while (counted.length <= row) counted.push(0);
    counted[row]!++;
  }
  return counted;
}

const rowsOf = (size: number) => Array.from({ length: size }, (_, row) => row);
