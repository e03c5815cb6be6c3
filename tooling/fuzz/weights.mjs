// Feeds damaged models to @holdfast/model-zoo and @holdfast/gpu-runtime:
// node tooling/fuzz/weights.mjs --runs N --seed S [--only K]
import { fileURLToPath } from 'node:url';
import { drive } from './drive.mjs';

const at = (path) => new URL(path, import.meta.url);
drive({
  worker: fileURLToPath(at('./weights-worker.mjs')),
  options: {
    zoo: { type: 'string', default: at('../../packages/model-zoo/dist/index.js').href },
    runtime: { type: 'string', default: at('../../packages/gpu-runtime/dist/index.js').href },
    fixtures: { type: 'string', default: fileURLToPath(at('../../packages/model-zoo/test/fixtures')) },
  },
  argsOf: (values) => [values.zoo, values.runtime, values.fixtures],
  // ONNX Runtime alone takes about 150 MiB.
  peakMib: 512,
});
