// Feeds millions of damaged files to @holdfast/pt-serializer: node tooling/fuzz/pt.mjs --runs N --seed S [--only K]
import { fileURLToPath } from 'node:url';
import { drive } from './drive.mjs';

const at = (path) => new URL(path, import.meta.url);
drive({
  worker: fileURLToPath(at('./worker.mjs')),
  options: {
    package: { type: 'string', default: at('../../packages/pt-serializer/dist/index.js').href },
    fixtures: { type: 'string', default: fileURLToPath(at('../../packages/pt-serializer/test/fixtures')) },
  },
  argsOf: (values) => [values.package, values.fixtures],
  peakMib: 256,
});
