import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSnapshot, HEAD_LENGTH, parseSnapshot } from '../files/snapshot-format.js';
import { ManifestModel } from './model.js';
import type { Json } from './recovery.js';
import type { CheckpointEntry, ManifestEvent } from './schema.js';

const SHARDS = 3;
const rank = fc.nat(SHARDS - 1);
const facts = fc.record({
  batch_idx: fc.nat(9),
  num_sequences: fc.nat(100),
  file: fc.constantFrom('a.pt', 'b.pt'),
});
const found = fc.uniqueArray(facts, { maxLength: 6, selector: ({ batch_idx }) => batch_idx });
const step = fc.oneof(
  fc.record({ type: fc.constant('checkpoint' as const), rank, facts }),
  fc.record({ type: fc.constant('found' as const), rank, found }),
  fc.record({ type: fc.constantFrom('complete' as const, 'in_progress' as const), rank }),
  fc.record({ type: fc.constant('failed' as const), rank, error: fc.constantFrom('x', 'y') }),
  fc.record({ type: fc.constant('redistributed' as const), failed_rank: rank, new_rank: rank }),
  fc.record({ type: fc.constantFrom('claimed' as const), rank, owner: fc.constantFrom('p', 'q') }),
  fc.record({ type: fc.constant('heartbeat' as const), rank }),
  fc.record({
    type: fc.constant('recovery' as const),
    rank,
    recovery: fc.constantFrom(null, 1, { oom: 1 }, { oom: 2, batches: [{ '7': 'x' }] }),
  }),
);

/** A simple, slow model of a shard. */
interface Plain {
  status: string;
  error: string | null;
  owner: string | null;
  attempt: number;
  recovery: Json;
  checkpoints: Map<number, Omit<CheckpointEntry, 'recorded_at'>>;
}

/** A state without its event counts, as text. */
const textOf = (model: ManifestModel) =>
  JSON.stringify(model.toState(), (key, value) =>
    key === 'revision' || key === 'updated_at' ? undefined : value,
  );

function eventOf(
  model: ManifestModel,
  step_: typeof step extends fc.Arbitrary<infer T> ? T : never,
): ManifestEvent {
  if (step_.type === 'checkpoint') return { type: 'checkpoint', rank: step_.rank, ...step_.facts };
  if (step_.type === 'found') return model.shard(step_.rank).difference(step_.rank, step_.found);
  return step_;
}

test('after any events, the state is that of a simple model', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let model = ManifestModel.initial(SHARDS, 'id', 'begin');
      const plain: Plain[] = Array.from({ length: SHARDS }, () => ({
        status: 'in_progress',
        error: null,
        owner: null,
        attempt: 0,
        recovery: null,
        checkpoints: new Map(),
      }));
      const owners = new Map<number, number>();
      for (const [i, each] of steps.entries()) {
        const before = textOf(model);
        const revision = model.revision;
        const changed = model.apply(eventOf(model, each), `at ${i}`);
        // An event counts if and only if it changes something.
        expect(textOf(model) !== before).toBe(changed);
        expect(model.revision).toBe(revision + (changed ? 1 : 0));
        if (each.type === 'redistributed') owners.set(each.failed_rank, each.new_rank);
        else {
          const shard = plain[each.rank]!;
          if (each.type === 'checkpoint') shard.checkpoints.set(each.facts.batch_idx, each.facts);
          else if (each.type === 'found')
            shard.checkpoints = new Map(each.found.map((one) => [one.batch_idx, one]));
          else if (each.type === 'claimed')
            Object.assign(shard, {
              owner: each.owner,
              attempt: shard.attempt + 1,
              status: 'in_progress',
              error: null,
            });
          else if (each.type === 'recovery') shard.recovery = each.recovery;
          else if (each.type !== 'heartbeat') {
            if (each.type === 'complete') shard.recovery = null;
            shard.status = each.type;
            shard.error = each.type === 'failed' ? each.error : null;
          }
        }
        // Written and read again it is the same, and continues the same.
        if (i % 7 === 3)
          model = ManifestModel.from(
            parseSnapshot('path', Buffer.from([...formatSnapshot(model.toState())].join(''))),
          );
      }
      const { shards } = model.toState();
      for (const [rank, { status, error, owner, attempt, recovery, checkpoints }] of plain.entries()) {
        const sorted = [...checkpoints.values()].sort((a, b) => a.batch_idx - b.batch_idx);
        const shard = shards[rank]!;
        expect(shard.checkpoints.map(({ recorded_at: _, ...rest }) => rest)).toEqual(sorted);
        expect(shard).toMatchObject({
          status,
          error,
          recovery,
          total_sequences: sorted.reduce((sum, one) => sum + one.num_sequences, 0),
          last_checkpoint_batch: sorted.at(-1)?.batch_idx ?? -1,
        });
        expect([shard.lease?.owner ?? null, shard.lease?.attempt ?? 0]).toEqual([owner, attempt]);
      }
      expect(model.redistributed()).toEqual(owners);
    }),
    { numRuns: 500 },
  );
});

test('the first bytes of manifest.json distinguish it from any other', () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  const text = [...formatSnapshot(ManifestModel.initial(SHARDS, id, 'now').toState())].join('');
  const head = text.slice(0, HEAD_LENGTH);
  expect(head).toContain(`"manifest_id": "${id}"`);
  expect(head).toMatch(/"revision": 0,\n/);
});

test('a state that contradicts itself is refused', () => {
  const model = ManifestModel.initial(2, 'id', 'now');
  model.apply({ type: 'checkpoint', rank: 0, batch_idx: 0, num_sequences: 5, file: 'a.pt' }, 'now');
  // As in versions without a checksum.
  const text = [...formatSnapshot(model.toState())].join('').replace(/,\n "crc32".*/, '');
  for (const [from, to, reason] of [
    ['"total_sequences": 5', '"total_sequences": 6', 'total_sequences is 6'],
    ['"last_checkpoint_batch": 0', '"last_checkpoint_batch": 3', 'last_checkpoint_batch is 3'],
    ['"world_size": 2', '"world_size": 3', 'shard 2 is missing'],
    ['"world_size": 2', '"world_size": 1', 'shard 1 is one too many'],
    ['"version": "1.0"', '"versio": "1.0"', 'no version'],
  ] as const)
    expect(() => parseSnapshot('m.json', Buffer.from(text.replace(from, to)))).toThrow(reason);
});
