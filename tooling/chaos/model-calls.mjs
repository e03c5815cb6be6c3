// Counts, from the events of one or more lives of a run, the model calls that poison cost.
//
// A batch without poison is one call. A batch with poison is: the calls of the whole batch that failed (each ends its
// worker: a `failed` of kind poison_input), then a call on plain residues that proves the device, counted for every attempt
// at a search, and the calls of the search, each told by an `isolating`. What it cost more than a good one is all of these less one. Nothing else is called more often for poison's sake: what a worker has before
// a batch fails, it saves. What kills cost is another matter: an attempt at a search that is cut off by a signal leaves
// its findings, but not its rows, so that the next one repeats as many calls as the first had made, at the most. These
// cannot be told one by one, and so are not taken off: they are in the count, and the calls of such attempts are told
// beside it.

/** The calls of a batch with poison. */
const noCalls = () => ({ sequences: 0, poisoned: new Set(), failed: 0, proofs: 0, search: 0, cutOff: 0 });

export class ModelCalls {
  /** By the number of the batch in the plan. */
  batches = new Map();
  /** Of batches whose number is not told yet, by shard. */
  #strikes = new Map();
  /** The batch that is searched, by shard. */
  #searched = new Map();
  /** What is at work, by slot: a batch, and the calls of this attempt. */
  #attempts = new Map();

  /** The next event of a life, in order. */
  add({ event, slot, shard, batch_idx: batch, kind, message, ordinal }) {
    switch (event) {
      case 'assigned':
        this.#attempts.set(slot, null);
        break;
      case 'breaker':
        this.#open(shard, batch);
        break;
      case 'isolating': {
        this.#open(shard, batch);
        this.#of(batch).search++;
        if (!this.#attempts.get(slot)) this.#of(batch).proofs++;
        const calls = (this.#attempts.get(slot)?.calls ?? 0) + 1;
        this.#attempts.set(slot, { batch, calls });
        break;
      }
      case 'quarantined':
        // Told again by the next life.
        this.#of(this.#searched.get(shard)).poisoned.add(ordinal);
        break;
      case 'checkpoint':
        this.#attempts.set(slot, null);
        break;
      case 'failed':
        if (kind !== 'poison_input') this.#cutOff(slot);
        else {
          const sequences = Number(/a batch of (\d+) ×/.exec(message)[1]);
          const strikes = this.#strikes.get(shard)?.failed ?? 0;
          this.#strikes.set(shard, { sequences, failed: strikes + 1 });
        }
        break;
    }
  }

  /** The life is over, and whatever was at work with it. */
  ended() {
    for (const slot of this.#attempts.keys()) this.#cutOff(slot);
  }

  /** Extra calls; those of attempts that were cut off by a signal, among them; and what is allowed: 2 k log2(batch), over all batches. */
  get sum() {
    const batches = [...this.batches.values()];
    const over = (number) => batches.reduce((sum, batch) => sum + number(batch), 0);
    return {
      batches: batches.length,
      extra: over(({ failed, proofs, search }) => failed + proofs + search - 1),
      cutOff: over(({ cutOff }) => cutOff),
      bound: Math.floor(over(({ sequences, poisoned }) => 2 * poisoned.size * Math.log2(sequences))),
    };
  }

  /** The breaker opened, so that it is known whose failures those of the shard were. */
  #open(shard, batch) {
    this.#searched.set(shard, batch);
    const strikes = this.#strikes.get(shard);
    if (strikes === undefined) return;
    const calls = this.#of(batch);
    calls.sequences = strikes.sequences;
    calls.failed += strikes.failed;
    this.#strikes.delete(shard);
  }

  #cutOff(slot) {
    const attempt = this.#attempts.get(slot);
    if (attempt) this.#of(attempt.batch).cutOff += attempt.calls;
    this.#attempts.set(slot, null);
  }

  #of(batch) {
    if (!this.batches.has(batch)) this.batches.set(batch, noCalls());
    return this.batches.get(batch);
  }
}
