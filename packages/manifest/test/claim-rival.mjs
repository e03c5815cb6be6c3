// Claims a shard on each request, sends the outcome, and lives until it is killed or asked to exit.
import { CheckpointManifest } from '../dist/index.js';

const [path, owner] = process.argv.slice(2);
const manifest = new CheckpointManifest(path);
process.on('message', async ({ do: what, options, token }) => {
  if (what === 'end') return process.disconnect();
  const work =
    what === 'claim'
      ? manifest.claimShard(0, owner, options)
      : manifest.markShardFailed(0, 'on request', { token });
  const answer = await work.then(
    (claim) => ({ token: claim?.token ?? null }),
    ({ name, owner: holder, running }) => ({ error: name, holder, running }),
  );
  process.send({ pid: process.pid, ...answer });
});
process.send('ready');
