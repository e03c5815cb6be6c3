import type { ProcessMemory } from '@holdfast/dashboard';
import type { Status } from '@holdfast/status';
import { Section } from '../section.js';
import { duration, size } from '../words.js';

interface Row {
  name: string;
  pid: number | null;
  doing: string;
  bytes: number | null;
}

/** The processes of the run, and what memory each holds. Tasks on other machines have a table of their own. */
export function Processes({ status, memory }: { status: Status; memory: readonly ProcessMemory[] }) {
  const { command, workers, cluster, at } = status;
  const bytesOf = (slot: number | null) => memory.find((each) => each.slot === slot)?.bytes ?? null;
  const since = (time: string | null) =>
    time === null ? '' : ` for ${duration((Date.parse(at) - Date.parse(time)) / 1000)}`;
  const rows: Row[] = [];
  if (command?.running)
    rows.push({
      name: 'Command',
      pid: command.pid,
      doing: `runs${since(command.since)}`,
      bytes: bytesOf(null),
    });
  for (const { slot, pid, state, shard, since: from } of workers)
    rows.push({
      name: `Worker ${slot}`,
      pid,
      doing: `${state}${shard === null ? '' : ` shard ${shard}`}${since(from)}`,
      bytes: bytesOf(slot),
    });
  const most = Math.max(1, ...memory.map(({ bytes }) => bytes));
  const total = memory.reduce((sum, { bytes }) => sum + bytes, 0);
  if (rows.length === 0 && cluster === null) return null;
  return (
    <Section id="processes" name="Processes" aside={total > 0 ? `${size(total)} in memory` : undefined}>
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col" class="right">
                PID
              </th>
              <th scope="col">State</th>
              <th scope="col">Memory</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, pid, doing, bytes }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="right">{pid}</td>
                <td>{doing}</td>
                <td class="memory">
                  {bytes !== null && (
                    <>
                      <span class="meter">
                        <i class="saved" style={{ width: `${(100 * bytes) / most}%` }} />
                      </span>
                      {size(bytes)}
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {cluster !== null && cluster.tasks.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">Machine</th>
              <th scope="col">State</th>
              <th scope="col">Doing</th>
            </tr>
          </thead>
          <tbody>
            {cluster.tasks.slice(0, 200).map(({ task, node, state, doing, shards, ended }) => (
              <tr key={task}>
                <th scope="row">{task}</th>
                <td>{node}</td>
                <td>{state}</td>
                <td>{ended?.message ?? doing ?? shards.map(({ shard }) => `shard ${shard}`).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
