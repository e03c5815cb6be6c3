// Does with manifests what it is told by its parent, one thing at a time, and answers. Told `dieAt`, it dies by SIGKILL at
// that step of its file system on the way.
import { dieAt, live } from './dying-fs.mjs';

const { CheckpointManifest } = await import('@holdfast/manifest');
const manifests = new Map();
process.on('message', async ({ path, method, args, steps }) => {
  if (!manifests.has(path)) manifests.set(path, new CheckpointManifest(path));
  if (steps !== undefined) dieAt(steps);
  const answer = await manifests
    .get(path)
    [method](...args)
    .then(
      (value) => ({ value }),
      (error) => ({ error: error.name }),
    );
  live();
  process.send(answer);
});
process.send({ ready: true });
