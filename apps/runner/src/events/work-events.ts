import * as z from '@holdfast/schema';
import {
  attempt,
  batch,
  count,
  type EventDefinition,
  kind,
  message,
  number,
  poisonKind,
  reason,
  shard,
  shardOrNone,
  signal,
  slot,
  text,
} from './definition.js';

/** The events of the coordinator and its workers. */
export const WORK_EVENTS: readonly EventDefinition[] = [
  {
    event: 'spawned',
    meaning: 'a worker process starts',
    fields: { slot, pid: count('its process ID; absent if it could not start').optional(), attempt },
  },
  { event: 'ready', meaning: 'the model is loaded', fields: { slot } },
  { event: 'assigned', meaning: 'a worker gets a shard', fields: { slot, shard, attempt } },
  {
    event: 'resumed',
    meaning: 'a worker has read what its shard already holds',
    fields: {
      slot,
      shard,
      sequences: count('sequences of the shard that are done'),
      quarantined: count('those of them that the model refused').optional(),
      next_batch: batch.optional(),
    },
  },
  {
    event: 'checkpoint',
    meaning: 'a checkpoint is durable',
    fields: {
      slot,
      shard,
      checkpoint: count("the checkpoint's number in its shard"),
      sequences: count('rows in it'),
      file: text('its path'),
      reason: text('why it was due'),
      end_batch: count('the first batch that is in no checkpoint yet').optional(),
    },
  },
  {
    event: 'disk_full',
    meaning: 'the disk is full: what a worker writes waits for room',
    fields: { slot, shard, message: text('the error of the write') },
  },
  { event: 'disk_room', meaning: 'the worker has written it', fields: { slot, shard } },
  {
    event: 'claim_lost',
    meaning: 'another task has taken the shard over; this one writes nothing more of it',
    fields: { slot, shard, message },
  },
  { event: 'shard_complete', meaning: 'a shard is complete', fields: { slot, shard } },
  {
    event: 'exited',
    meaning: 'a worker process is gone',
    fields: {
      slot,
      exit_code: z.int().nullable().describe('null if a signal ended it'),
      signal: signal.nullable(),
    },
  },
  {
    event: 'output',
    meaning: 'a worker printed a line',
    fields: { slot, stream: z.enum(['stdout', 'stderr']).describe('where'), line: text('the line') },
  },
  { event: 'failed', meaning: 'a worker failed', fields: { slot, shard: shardOrNone, kind, message } },
  {
    event: 'retry',
    meaning: 'a shard is retried after a delay',
    fields: {
      shard,
      delay_ms: number('milliseconds until then, at the earliest'),
      reason,
      slot_only: z
        .literal(true)
        .optional()
        .describe('there if only the slot waits for that long, and another may take the shard at once'),
    },
  },
  {
    event: 'breaker',
    meaning: 'one batch failed too often: the search for its sequences at fault begins',
    fields: { shard, batch_idx: batch, reason },
  },
  {
    event: 'isolating',
    meaning: 'part of that batch is embedded by itself',
    fields: { slot, shard, batch_idx: batch, sequences: count('sequences of that part') },
  },
  {
    event: 'quarantined',
    meaning: 'a sequence is quarantined',
    fields: {
      slot,
      shard,
      id: text("the sequence's ID"),
      ordinal: count('its place in the input, from 0'),
      kind: poisonKind,
      attempts: count('failed model calls with it in them'),
      error: text("the model's error"),
    },
  },
  {
    event: 'redistributed',
    meaning: 'a shard moves to another slot',
    fields: { shard, from: slot, to: slot },
  },
  { event: 'shard_failed', meaning: 'a shard is out of retries', fields: { shard, kind, message } },
  {
    event: 'retry_given_up',
    meaning: 'quarantined sequences of a complete shard could not all be embedded again',
    fields: { shard, kind, message },
  },
  {
    event: 'waiting',
    meaning: 'a worker is silent',
    fields: {
      slot,
      shard: shardOrNone,
      stage: z.string().nullable().describe('what it does while it starts; else null'),
      silent_ms: number('milliseconds so far'),
      limit_ms: number('milliseconds after which it is stopped'),
    },
  },
  {
    event: 'stalled',
    meaning: 'a worker made no progress within the limit',
    fields: {
      slot,
      shard: shardOrNone,
      silent_ms: number('milliseconds without progress'),
      why: z.enum(['stopped', 'idle']).optional().describe('the reason, unless it may hang'),
    },
  },
  { event: 'killed', meaning: 'a worker is killed', fields: { slot, reason } },
  { event: 'slot_closed', meaning: 'no more workers start in a slot', fields: { slot, reason } },
  {
    event: 'unrecorded',
    meaning: 'failures of a shard could not be recorded',
    fields: { shard, message },
  },
  { event: 'stopping', meaning: 'a signal stops the run', fields: { signal } },
  { event: 'stopped', meaning: 'all workers are gone', fields: { signal } },
];
