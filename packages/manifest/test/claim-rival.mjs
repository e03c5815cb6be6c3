// Claims a shard as often as it is told, says what came of it, and lives until it is killed or told to end.
import { CheckpointManifest } from '../dist/index.js';

const [path, owner] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
process.on('message', async ({ do: what, options, token }) => {
  if (what === 'end') return process.disconnect();
  const work =
    what === 'claim'
      ? manifest.claimShard(0, owner, options)
      : manifest.markShardFailed(0, 'told so', { token });
  const answer = await work.then(
    (claim) => ({ token: claim?.token ?? null }),
    ({ name, owner: holder, running }) => ({ error: name, holder, running }),
  );
  process.send({ pid: process.pid, ...answer });
});
process.send('ready');
