/** Longest message that a person may be shown. */
const LONGEST_MESSAGE = 4000;

/**
 * Opens a model as a careless caller would: builds graphs of all its outputs; then describes it, loads it, and embeds.
 *
 * @param packages `zoo` and `runtime`, the packages under test.
 * @returns `read`, or the code of the refusal.
 * @throws whatever else happens: that is a finding.
 */
export async function attemptModel({ zoo, runtime }, path, random) {
  const refusal = await refused(
    () => build(zoo, path),
    [zoo.WeightsError, zoo.ModelConfigError, zoo.UnsupportedModelError],
  );
  const described = await refused(
    () => embed(runtime, path, random),
    [runtime.ModelError, runtime.InferenceError],
  );
  if (refusal !== null && described === null) throw new Error(`refused as ${refusal} only without a runtime`);
  return described ?? 'read';
}

async function build(zoo, path) {
  const { encoder } = await zoo.openModel(path);
  for (const output of encoder.outputs) encoder.build(output);
}

async function embed(runtime, path, random) {
  const source = await runtime.resolveModel(path);
  runtime.letterRules(source);
  // To load a model takes longer than all else.
  if (!random.once(8)) return;
  const model = await runtime.loadModel(source);
  try {
    await model.embed([Buffer.from('ACGTACGTTAC'), Buffer.from('NNB*-A')]);
  } finally {
    await model.release();
  }
}

/** @returns the code of an error of these classes, or null if there was none. */
async function refused(action, classes) {
  try {
    await action();
    return null;
  } catch (error) {
    // A damaged .pt within a model; the class is another package's.
    const isTyped = classes.some((each) => error instanceof each) || error?.name === 'PtFormatError';
    if (!isTyped) throw error;
    if (error.message.length > LONGEST_MESSAGE)
      throw new Error(`a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`);
    return error.code ?? error.kind ?? error.name;
  }
}
