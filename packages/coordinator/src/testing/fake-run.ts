import { Coordinator } from '../coordinator.js';
import type { CoordinatorEvent } from '../events.js';
import type { CoordinatorOptions } from '../options.js';
import { FakeClock } from './fake-clock.js';
import { type FakeWorker, FakeWorkers, type Script } from './fake-workers.js';

/** Loads, completes each assigned shard, and exits when asked to. */
export const good: Script = (worker, message) => {
  if (message.type === 'start') worker.say({ type: 'ready' });
  if (message.type === 'assign') worker.say({ type: 'complete', shard: message.shard });
  if (message.type === 'finish') worker.exit(0);
  if (message.type === 'stop') worker.exit(143);
};
/** Like `good`, but does `work` with each shard. */
export const working =
  (work: (worker: FakeWorker, shard: number, attempt: number) => void): Script =>
  (worker, message) =>
    message.type === 'assign' ? work(worker, message.shard, message.attempt) : good(worker, message);

/** Runs a coordinator with fake workers, and keeps everything a test inspects. */
export function start(script: Script, options: Partial<CoordinatorOptions> & { shards: number[] }) {
  const clock = new FakeClock();
  const workers = new FakeWorkers(script);
  const events: CoordinatorEvent[] = [];
  const coordinator = new Coordinator({
    slots: 1,
    spawn: workers.spawn,
    clock,
    random: () => 0,
    oomKiller: { kills: () => null },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const outcome = coordinator.run();
  const of = <T extends CoordinatorEvent['type']>(type: T) =>
    events.filter((event): event is Extract<CoordinatorEvent, { type: T }> => event.type === type);
  return { clock, workers, events, of, coordinator, outcome };
}
