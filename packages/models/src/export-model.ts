import { existsSync, readdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryDurably, syncDirectory, writeFileDurably } from '@holdfast/durable';
import { exportedFiles, ModelError, resolveModel } from '@holdfast/gpu-runtime';
import { type Operators, openModel, writeOnnx } from '@holdfast/model-zoo';
import { type FindOptions, findByName } from './find-by-name.js';

export interface ExportOptions extends Pick<FindOptions, 'signal' | 'onEvent'> {
  /** What the user calls the model. */
  model: string;
  /** The folder to write; it must be empty, or not there. */
  to: string;
  /**
   * `plain` (the default): ONNX's own operators only, since the folder is for other engines, which know no others; `fused`: those
   * of ONNX Runtime, which are faster there.
   */
  operators?: Operators;
}

/** What is written last: where it is, the rest is too. */
const LAST = 'model.onnx';

/**
 * Writes a model that is built from published weights as a folder with an ONNX graph, its weights and its tokens.
 *
 * @returns the folder.
 * @throws ModelError `model_unsupported` for a model that has a graph already, and others like `resolveModel`; HubError;
 * what the file system throws.
 */
export async function exportModel({
  model,
  to,
  operators = 'plain',
  ...options
}: ExportOptions): Promise<string> {
  if (existsSync(to) && readdirSync(to).some((name) => !ours(name)))
    throw new ModelError('model_mismatch', to, 'is not empty', 'name a new folder');
  const found = await findByName(model, options);
  const source = await resolveModel(found.model);
  if (source.built === undefined || source.notes !== undefined)
    throw new ModelError(
      'model_unsupported',
      source.modelPath,
      'is an ONNX graph already',
      'copy its folder instead, or give published weights',
    );
  await makeDirectoryDurably(to);
  const { texts, copies } = exportedFiles(source);
  for (const [name, text] of texts) await writeFileDurably(join(to, name), text);
  for (const name of copies)
    if (existsSync(join(source.folder, name))) await copyFile(join(source.folder, name), join(to, name));
  await syncDirectory(to);
  const { encoder } = await openModel(found.model);
  await writeOnnx(encoder, source.recipe.output.name, to, operators);
  return to;
}

/** What an export that was cut off left: without the graph the folder is nobody's model. */
const ours = (name: string) =>
  name !== LAST && /^(holdfast|config|tokenizer|special_tokens|vocab|model\.onnx)/.test(name);
