import { DESCRIPTOR } from '../model/descriptor.js';
import { graphOutputs, ownDim } from '../model/more-outputs.js';
import { ModelError } from '../model-error.js';
import type { ModelSource } from '../model-source.js';

type Metadata = { readonly name: string } & (
  | { readonly isTensor: true; readonly type: string; readonly shape: readonly (number | string)[] }
  | { readonly isTensor: false }
);

/** Inputs and outputs: a session's from ONNX Runtime, or a graph's from our own reader. */
export interface GraphMetadata {
  readonly inputMetadata: readonly Metadata[];
  readonly outputMetadata: readonly Metadata[];
}

/** Checks a graph against its description. @throws ModelError `model_mismatch`. */
export function checkSession(
  source: Pick<ModelSource, 'modelPath' | 'dim' | 'recipe'>,
  { inputMetadata, outputMetadata }: GraphMetadata,
): void {
  const { inputs, idType, output, more } = source.recipe;
  const mismatch = (what: string, remedy = `re-export it, or describe it in ${DESCRIPTOR}`) =>
    new ModelError('model_mismatch', source.modelPath, what, remedy);

  const fed = [inputs.ids, inputs.mask, inputs.types].filter((name) => name !== undefined);
  const asked = inputMetadata.map(({ name }) => name);
  const unfed = asked.filter((name) => !fed.includes(name));
  if (unfed.length > 0) {
    const [only] = unfed;
    const renamed = unfed.length === 1 && !asked.includes(inputs.ids);
    const remedy = `if its tokens are '${only}', name it beside an exported model in ${DESCRIPTOR}: { "format": 1, "inputs": { "ids": "${only}" } }; or re-export it with '${inputs.ids}'`;
    throw mismatch(`has unknown inputs: ${unfed.join(', ')}`, renamed ? remedy : undefined);
  }
  for (const name of fed) {
    const found = inputMetadata.find((input) => input.name === name);
    if (found === undefined) throw mismatch(`has no input '${name}'; its inputs: ${asked.join(', ')}`);
    const type = found.isTensor ? found.type : 'no tensor';
    if (type !== idType) throw mismatch(`its input '${name}' is ${type}, not ${idType}`);
    // A dynamic axis has a name or none; some exporters write it as -1.
    if (found.isTensor && found.shape.some((length) => typeof length === 'number' && length > 0)) {
      const shape = found.shape.map((length) => (length === '' ? '?' : length)).join(', ');
      const what = `its input '${name}' has the fixed shape [${shape}], but batches vary in the number and length of sequences`;
      throw mismatch(what, 're-export it with dynamic axes for batch and sequence');
    }
  }

  const missing = graphOutputs(source.recipe).find((name) =>
    outputMetadata.every((each) => each.name !== name),
  );
  if (missing !== undefined) {
    const offered = outputMetadata.map(({ name }) => name).join(', ');
    throw mismatch(
      `has no output '${missing}'; its outputs: ${offered}`,
      `choose one of these as the layer, or omit the layer; if ${DESCRIPTOR} names it, fix it there`,
    );
  }
  const found = outputMetadata.find(({ name }) => name === output.name)!;
  if (!found.isTensor || (found.type !== 'float32' && found.type !== 'float16')) {
    throw mismatch(
      `its output '${output.name}' is ${found.isTensor ? found.type : 'no tensor'}, neither float32 nor float16`,
    );
  }
  const rank = output.pooling === 'none' ? 2 : 3;
  // A graph may leave it open; then the first batch shows it.
  if (found.shape.length > 0 && found.shape.length !== rank) {
    throw mismatch(
      `its output '${output.name}' has ${found.shape.length} dimensions, but pooling '${output.pooling}' takes ${rank}`,
      `leave the pooling out, or choose an output with ${rank} dimensions`,
    );
  }
  const last = found.shape.at(-1);
  const dim = ownDim(source.dim, more);
  if (typeof last === 'number' && last > 0 && last !== dim) {
    throw mismatch(`its rows have ${last} numbers, not ${dim}`);
  }
}
