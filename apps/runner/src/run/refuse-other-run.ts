import { InputError } from '@holdfast/fasta';
import { batchTokensOn } from '@holdfast/gpu-runtime';
import { PLAN } from '@holdfast/plan';
import { differences, type Layout, type RunRecord, refuseForeignRecord } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { type AskedRun, asked, hashInputs } from './asked-run.js';

/** What a lost run record is rebuilt from. */
export function recovery(options: AskedRun) {
  const { batchTokens, shards, model, inputs } = options;
  return {
    asked: asked(options, []),
    // An earlier version used a GPU's number on the CPU too.
    batchTokens: [batchTokens, batchTokensOn(model, { kind: 'cpu' }), batchTokensOn(model, { kind: 'cuda' })],
    shards,
    // Standard input can be read only once, and building the index needs that.
    hashInputs: inputs.includes('-') ? null : () => hashInputs(options),
  };
}

export async function refuseDifferences(
  place: Layout,
  record: RunRecord,
  options: AskedRun,
  inputs: RunRecord['inputs'],
): Promise<void> {
  refuseEmpty(inputs);
  const differ = differences(record, asked(options, inputs));
  if (differ.length === 0) return;
  await refuseForeign(place, record, { ...options, hashed: inputs }, differ.join('; '));
  throw otherRun(place, differ);
}

/** No run begins without a sequence, so an empty input is a mistake, not another input. @throws InputError. */
export function refuseEmpty(inputs: RunRecord['inputs']): void {
  const empty = inputs.find(({ bytes }) => bytes === 0);
  if (empty !== undefined)
    throw new InputError(
      'empty',
      { file: empty.path },
      'it produced nothing; check the program that should write it',
    );
}

/** The error for a folder whose run differs from the one that is asked for. */
export const otherRun = (
  { out, option }: Pick<Layout, 'out' | 'option'>,
  differ: readonly string[],
): UsageError =>
  new UsageError(
    `${out} holds another run, and resuming would mix the two: ${differ.join('; ')}. Use the original input and options, or another ${option}, or --force-restart to start over`,
  );

/** Refuses a record that was copied over another run's work. @param options `hashed`: the inputs, if they were already read. */
export async function refuseForeign(
  place: Layout,
  record: RunRecord,
  options: AskedRun & { hashed?: RunRecord['inputs'] },
  reason: string,
): Promise<void> {
  const { hashed } = options;
  const { hashInputs: unread, ...known } = recovery(options);
  const hashInputs = unread && (() => (hashed ? Promise.resolve(hashed) : unread()));
  await refuseForeignRecord(place, { ...known, hashInputs, record, reason });
}

/** Another plan's batches hold other sequences, so its checkpoints can be neither resumed nor joined. */
export async function refuseOtherPlan(place: Layout, record: RunRecord, options: AskedRun): Promise<void> {
  const { plan } = record;
  if (plan === PLAN) return;
  await refuseForeign(place, record, options, `plan ${plan}; this version has plan ${PLAN}`);
  const [version, way] = plan < PLAN ? ['an earlier', 'in input order'] : ['a later', 'in another way'];
  throw new UsageError(
    `${place.out} holds a run of ${version} version of holdfast, which cut its batches ${way} (plan ${plan}; this version has plan ${PLAN}), and resuming would mix the two. Resume it with that version, or use another ${place.option}, or --force-restart to start over`,
  );
}

/** Refuses a folder whose run a cut-off restart has already removed: what is left belongs to no run. */
export function refuseCutOff(place: Layout): never {
  throw new UsageError(
    `${place.out}: a --force-restart of another command was cut off here after it removed the run. Rerun that command, or use another ${place.option}, or --force-restart for this one`,
  );
}
