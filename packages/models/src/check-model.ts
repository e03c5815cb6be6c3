import { CPU, formatDevice, type ModelSource, resolveModel } from '@holdfast/gpu-runtime';
import { inBytes } from '@holdfast/options';
import { type PreflightEvent, tryModel } from '@holdfast/preflight';
import { type FindOptions, type FoundModel, findByName } from './find-by-name.js';

export interface CheckOptions extends Pick<FindOptions, 'signal' | 'onEvent'> {
  /** What the user calls the model. */
  model: string;
  /** Whether to write one JSON object instead of lines. */
  json: boolean;
  /** Called with what takes time, and with what could not be tested. */
  onTrial(event: PreflightEvent): void;
}

/** Milliseconds without progress after which a trial is given up; a large model takes a minute to load. */
const STALL_MS = 600_000;

/**
 * Finds a model, tries it on the CPU as before a run, and writes what a run would do with it.
 *
 * @throws ModelError, HubError or PreflightError if the model cannot be used; NoAnswerError if the trial hangs; the
 * signal's reason.
 */
export async function checkModel(options: CheckOptions, write: (text: string) => void): Promise<void> {
  const { signal, onTrial: report, json } = options;
  const found = await findByName(options.model, options);
  const source = await resolveModel(found.model);
  await tryModel({
    model: found.model,
    overrides: undefined,
    source,
    device: CPU,
    stallMs: STALL_MS,
    signal,
    report,
  });
  const facts = factsOf(found, source);
  write(json ? `${JSON.stringify(facts)}\n` : `${linesOf(facts).join('\n')}\n`);
}

/** What is known of a model that works. */
export interface ModelFacts {
  model: string;
  commit?: string;
  path: string;
  alphabet: string;
  /** Numbers in a row. */
  dim: number;
  /** The graph's output that rows are made from, and how. */
  output: string;
  pooling: string;
  /** Residues or tokens that it reads; null: any number. */
  max_residues: number | null;
  max_tokens: number | null;
  windows: boolean;
  bytes: number;
  device: string;
  fingerprint: string;
}

function factsOf({ model, hub }: FoundModel, source: ModelSource): ModelFacts {
  const { name, alphabet, dim, recipe, maxResidues, maxTokens, windows, weightBytes, fingerprint } = source;
  const finite = (count = Number.POSITIVE_INFINITY) => (Number.isFinite(count) ? count : null);
  return {
    model: name,
    ...(hub && { commit: hub.commit }),
    path: model,
    alphabet,
    dim,
    output: recipe.output.name,
    pooling: recipe.output.pooling,
    max_residues: finite(maxResidues),
    max_tokens: finite(maxTokens),
    windows: windows !== undefined,
    bytes: weightBytes,
    device: formatDevice(CPU),
    fingerprint,
  };
}

function linesOf(facts: ModelFacts): string[] {
  const { model, commit, path, alphabet, dim, output, pooling, bytes, device } = facts;
  const rows: [string, string][] = [
    ['model', model],
    ...(commit === undefined ? [] : [['commit', commit] as [string, string]]),
    ['path', path],
    ['alphabet', alphabet],
    ['row', `${dim} numbers: ${pooling} of ${output}`],
    ['reads', reads(facts)],
    ['weights', inBytes(bytes)],
    ['trial', `passed on ${device}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function reads({ max_residues, max_tokens, windows }: ModelFacts): string {
  if (windows) return 'any length, in windows';
  const most = max_tokens === null ? max_residues : max_tokens;
  if (most === null) return 'any length';
  const what = max_tokens === null ? 'residues' : 'tokens';
  return `${most.toLocaleString('en-US')} ${what}; longer sequences are truncated (--long-sequences windows reads all)`;
}
