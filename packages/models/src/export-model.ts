import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, writeFileDurably } from '@holdfast/durable';
import { exportedFiles, ModelError, resolveModel } from '@holdfast/gpu-runtime';
import { type Operators, openModel, writeOnnx } from '@holdfast/model-zoo';
import { inOwnFolder, refuseFull } from './export-folder.js';
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

/**
 * Writes a model that is built from published weights as a folder with an ONNX graph, its weights and its tokens.
 *
 * @returns the folder.
 * @throws ModelError `model_unsupported` for a model that has a graph already, and others like `resolveModel`; ExportBusyError
 * if another process writes there; HubError; LockUnsupportedError; what the file system throws.
 */
export async function exportModel({
  model,
  to,
  operators = 'plain',
  ...options
}: ExportOptions): Promise<string> {
  // Before anything is downloaded.
  refuseFull(to);
  const found = await findByName(model, options);
  const source = await resolveModel(found.model);
  if (source.built === undefined || source.notes !== undefined)
    throw new ModelError(
      'model_unsupported',
      source.modelPath,
      'is an ONNX graph already',
      'copy its folder instead, or give published weights',
    );
  await inOwnFolder(to, async () => {
    const { texts, copies } = exportedFiles(source);
    for (const [name, text] of texts) await writeFileDurably(join(to, name), text);
    for (const name of copies)
      if (existsSync(join(source.folder, name))) await copyFile(join(source.folder, name), join(to, name));
    await syncDirectory(to);
    const { encoder } = await openModel(found.model);
    await writeOnnx(encoder, source.recipe.output.name, to, operators);
  });
  return to;
}
