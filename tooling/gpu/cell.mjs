// In a process of its own: how fast a device embeds batches of so many tokens, of proteins of one length.
// node cell.mjs MODEL DEVICE TOKENS RESIDUES SECONDS; standard output: a line of JSON with tokens a second, or with what was
// thrown: its kind and its first line.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const runtime = createRequire(new URL('../../apps/runner/package.json', import.meta.url));
const { loadModel, parseDevice, resolveModel, tokensOf } = await import(
  pathToFileURL(runtime.resolve('@holdfast/gpu-runtime')).href
);
const [folder, device, tokens, residues, seconds] = process.argv.slice(2);
const letters = Buffer.from('ACDEFGHIKLMNPQRSTVWY');
let state = 7;
const sequence = () =>
  Uint8Array.from({ length: Number(residues) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return letters[(state >>> 16) % letters.length];
  });
const said = (error) => ({
  kind: error.kind ?? error.code ?? error.name,
  said: error.message.split('\n', 1)[0],
});

async function measured() {
  const source = await resolveModel(folder);
  const model = await loadModel(source, { device: parseDevice(device) });
  const each = tokensOf(source, Number(residues));
  const count = Math.max(1, Math.floor(Number(tokens) / each));
  const batch = Array.from({ length: count }, sequence);
  try {
    const first = performance.now();
    await model.embed(batch);
    const firstSeconds = (performance.now() - first) / 1000;
    const begun = performance.now();
    let calls = 0;
    do {
      await model.embed(batch);
      calls++;
    } while (performance.now() - begun < Number(seconds) * 1000);
    const perSecond = (calls * count * each * 1000) / (performance.now() - begun);
    return { perSecond: Math.round(perSecond), firstSeconds };
  } catch (error) {
    // Whether the same process can still embed after a failure is what a worker's search for a fault relies on.
    const after = await model.embed(batch.slice(0, 1)).then(
      () => 'embeds',
      (again) => said(again).said,
    );
    return { ...said(error), after };
  }
}
console.log(JSON.stringify(await measured().catch(said)));
process.exit();
