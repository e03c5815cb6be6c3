import { array, kind, object, oneOf, orNull, required, text, whole } from '@holdfast/options';

/** A row of a batch that fails alone. */
export interface PoisonedRow {
  /** Its place in the batch, from 0. */
  row: number;
  kind: PoisonKind;
  /** Model calls that failed with this row in them. */
  attempts: number;
  /** Error text of the last of them. */
  error: string;
}

/**
 * Why a row has no embedding: the model refuses it (`poison_input`), there is too little memory for it alone
 * (`oom`), or its worker crashed (`crash`) or hung (`hang`) with it alone. Only the first is the model's own
 * verdict; trouble with the machine or a user's signal can look like the others.
 */
export const POISON_KINDS = ['poison_input', 'oom', 'crash', 'hang'] as const;
export type PoisonKind = (typeof POISON_KINDS)[number];

/** A model call that failed. */
export interface GroupFailure {
  kind: PoisonKind;
  error: string;
  /**
   * Rows of the group known to be at fault, such as those with NaN; each is embedded alone next. The others
   * are good.
   */
  faulty?: readonly number[] | undefined;
}

const rowList = array(whole(0), 'rows');

export const groupFailure = object<GroupFailure>({
  kind: required(oneOf(POISON_KINDS)),
  error: required(text),
  faulty: rowList,
});

/**
 * The state of an isolation, the search for the rows at fault in a batch. Plain JSON, so another worker or
 * coordinator can go on with it. Rows are numbered within the batch.
 */
export interface Isolation {
  batchIdx: number;
  /** Failed calls of the whole batch before the isolation began. */
  strikes: number;
  /** Rows that include at least one at fault; null: the whole batch; empty: no such set is known. */
  suspects: number[] | null;
  /** Rows to embed alone before anything else. */
  alone: number[];
  /** Most rows in a call that fit into memory; null: any number. */
  most: number | null;
  poisoned: PoisonedRow[];
  /**
   * Failed calls of parts of the batch, before and during the isolation, by row; trailing zeros are left out.
   */
  failures: number[];
  /** Failed calls of the isolation. */
  failed: number;
  /**
   * Whether a failure breaks the device until the worker exits, so nothing after a failure can be trusted.
   */
  fragile?: boolean;
  /** Whether a call hung: a control then precedes each row that is embedded alone. */
  hangs?: boolean;
  /** Controls that made no progress within the stall limit. */
  slowControls?: number;
}

/** Checks an isolation superficially; checking every field at each call would cost too much. */
export const isIsolation = required(
  kind('an isolation from startIsolation', (given) => {
    const isolation = given as Isolation | null | undefined;
    return (
      typeof isolation === 'object' && Array.isArray(isolation?.alone) && Array.isArray(isolation.poisoned)
    );
  }),
);

/** What is known before an isolation begins. */
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
 * Starts the isolation of a batch that failed `strikes` times as a whole.
 *
 * @param clues what the failures showed: rows suspected individually, rows among which the fault is, how many
 * rows fit into memory, rows known to be at fault, and failed calls of parts of the batch, by row.
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
 * The rows to embed together next, ascending; null when every row is good or poisoned. A group that fails is
 * halved until a row is alone; that row is embedded twice. If the first half is good, the fault is in the
 * second, which is halved without a call. The remaining rows then form one group. Finding `k` rows of `n`
 * costs about `k (log2 n + 3)` calls.
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

/** The isolation after a group was embedded. */
export function groupPassed(isolation: Isolation, size: number, group: readonly number[]): Isolation {
  const passed = new Set(group);
  const left = (rows: Iterable<number>) => Array.from(rows).filter((row) => !passed.has(row));
  return {
    ...isolation,
    suspects: left(isolation.suspects ?? rowsOf(size)),
    alone: left(isolation.alone),
  };
}

/** The isolation after a group failed. */
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
    // Too many rows in one call: no row is at fault.
    if (kind === 'oom') return { ...next, most: Math.max(1, Math.floor(group.length / 2)) };
    if (faulty === undefined || faulty.length === 0) return { ...next, suspects: [...group] };
    return { ...next, suspects: [], alone: [...faulty] };
  }
  const { kind, error } = failure;
  // The cause may pass, or be another process's memory use: a row that fails alone once gets a second call.
  if (!isolation.alone.includes(row)) return { ...next, suspects: [], alone: [...isolation.alone, row] };
  const attempts = isolation.strikes + failures[row]!;
  const poisoned = [...isolation.poisoned, { row, kind, attempts, error }];
  return {
    ...next,
    // Nothing is known about the other rows any more.
    suspects: [],
    alone: isolation.alone.filter((other) => other !== row),
    poisoned: poisoned.sort((a, b) => a.row - b.row),
  };
}

/**
 * The isolation after a worker lost a device that it had proved good. Any of its calls may have failed
 * because of the device, so the isolation restarts and keeps only the rows already found; workers now exit at
 * each failure.
 */
export const deviceLost = (isolation: Isolation): Isolation => ({
  ...isolation,
  suspects: null,
  alone: [],
  failed: isolation.failed + 1,
  fragile: true,
});

/** Counts by row, with one added for each of `rows`. */
export function countedIn(counts: readonly number[], rows: readonly number[]): number[] {
  const counted = [...counts];
  for (const row of rows) {
    while (counted.length <= row) counted.push(0);
    counted[row]!++;
  }
  return counted;
}

const rowsOf = (size: number) => Array.from({ length: size }, (_, row) => row);
