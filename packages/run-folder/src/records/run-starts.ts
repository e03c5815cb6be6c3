import { readFile } from 'node:fs/promises';
import { systemErrorCode, writeFileDurably } from '@holdfast/durable';
import * as z from '@holdfast/schema';
import { formatChecked, parseChecked } from './checked-json.js';
import { FIRST_STARTS, LAST_STARTS } from './kept-starts.js';

/** ISO 8601 in UTC. */
const time = z.string();

/** One start of a run: a command that computed or joined some of it. */
export const runStartSchema = z.object({
  started: time,
  /** Absent if the command was killed, or is at work. */
  ended: time.exactOptional(),
  host: z.string(),
  /** Versions of what computed. */
  holdfast: z.string(),
  onnxruntime: z.string(),
  node: z.string(),
  platform: z.string(),
  /** Where rows were computed, such as `cpu` or `cuda:0`. Absent if the command only joined the result; so are the next two. */
  device: z.string().exactOptional(),
  workers: z.number().int().exactOptional(),
  threads: z.number().int().exactOptional(),
  /** The command line, without passwords and tokens. Absent if the run was started from a program. */
  command: z.array(z.string()).exactOptional(),
  /** Options from variables and files, likewise; absent if there are none. */
  settings: z.array(z.object({ option: z.string(), value: z.string(), from: z.string() })).exactOptional(),
});

export type RunStart = z.infer<typeof runStartSchema>;

/** How often a run was started. */
export interface RunStarts {
  starts: RunStart[];
  /** How many are left out in the middle of a long list. */
  left_out: number;
}

const schema = z.object({
  format: z.literal(1),
  /** The run's fingerprint. */
  run: z.string(),
  left_out: z.number().int().nonnegative(),
  starts: z.array(runStartSchema),
});

/** What is known of a run's starts; none if there is no file, or only one of another run. @throws Error if it is damaged. */
export async function readRunStarts(path: string, run: string): Promise<RunStarts> {
  const none = { starts: [], left_out: 0 };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return none;
    throw error;
  }
  const { value, checked } = parseChecked(text);
  if (!checked) throw new Error('it has no checksum');
  const { run: of, starts, left_out } = schema.parse(value);
  return of === run ? { starts, left_out } : none;
}

/** Adds a start. A run that is started again and again keeps its first and its last ones. */
export function withStart({ starts, left_out }: RunStarts, start: RunStart): RunStarts {
  const all = [...starts, start];
  if (all.length <= FIRST_STARTS + LAST_STARTS) return { starts: all, left_out };
  return {
    starts: [...all.slice(0, FIRST_STARTS), ...all.slice(-LAST_STARTS)],
    left_out: left_out + all.length - FIRST_STARTS - LAST_STARTS,
  };
}

export async function writeRunStarts(
  path: string,
  run: string,
  { starts, left_out }: RunStarts,
): Promise<void> {
  await writeFileDurably(path, formatChecked({ format: 1, run, left_out, starts }));
}
