import { InputError } from '@holdfast/fasta';
import { batchTokensOn } from '@holdfast/gpu-runtime';
import { PLAN } from '@holdfast/plan';
import { differences, type Layout, type RunRecord, refuseForeignRecord } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { type AskedRun, asked, hashInputs } from './asked-run.js';

/** What a record that is lost is put together from. */
export function recovery(options: AskedRun) {
  const { batchTokens, shards, model, inputs } = options;
  return {
    asked: asked(options, []),
    // An earlier version took a device's number on the CPU too.
    batchTokens: [batchTokens, batchTokensOn(model, { kind: 'cpu' }), batchTokensOn(model, { kind: 'cuda' })],
    shards,
    // Standard input can be read only once, which is for the index.
    hashInputs: inputs.includes('-') ? null : () => hashInputs(options),
  };
}

export async function refuseDifferences(
  place: Layout,
  record: RunRecord,
  options: AskedRun,
  inputs: RunRecord['inputs'],
): Promise<void> {
  // Nothing is begun without a sequence, so this is no other input.
  const empty = inputs.find(({ bytes }) => bytes === 0);
  if (empty !== undefined)
    throw new InputError('empty', { file: empty.path }, 'nothing came from it; check what was to write it');
  const differ = differences(record, asked(options, inputs));
  if (differ.length === 0) return;
  await refuseForeign(place, record, { ...options, hashed: inputs }, differ.join('; '));
  throw new UsageError(
    `${place.out} holds another run, and resuming would mix the two: ${differ.join('; ')}. Use what it was begun with, or another --out, or --force-restart to begin anew`,
  );
}

/** Refuses a record that was put over another run's work. @param options `hashed`: the inputs, where they were read already. */
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

/** Batches of another plan hold other sequences, so its checkpoints can be neither gone on with nor joined. */
export async function refuseOtherPlan(place: Layout, record: RunRecord, options: AskedRun): Promise<void> {
  const { plan } = record;
  if (plan === PLAN) return;
  await refuseForeign(place, record, options, `plan ${plan}; this version has plan ${PLAN}`);
  const [version, way] = plan < PLAN ? ['an earlier', 'in input order'] : ['a later', 'in another way'];
  throw new UsageError(
    `${place.out} holds a run of ${version} version of holdfast, which cut its batches ${way} (plan ${plan}; this version has plan ${PLAN}), and resuming would mix the two. Use that version to resume it, or another --out, or --force-restart to begin anew`,
  );
}

/** What a restart had removed is gone, and what is left is of no run. */
export function refuseCutOff(place: Layout): never {
  throw new UsageError(
    `${place.out}: a --force-restart of another command was cut off here after it removed the run. Rerun that command, or use another --out, or --force-restart for this one`,
  );
}
