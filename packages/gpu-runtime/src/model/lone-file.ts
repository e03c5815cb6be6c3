import { basename, dirname, join } from 'node:path';
import { ModelError } from '../model-error.js';
import { DESCRIPTOR } from './descriptor.js';
import { CONFIG } from './exported-folder.js';
import { isFile } from './is-there.js';

/** The error for a file that was given as a model, but is not one by itself. */
export async function loneFile(path: string): Promise<ModelError> {
  const refused = (what: string, remedy: string) => new ModelError('model_not_found', path, what, remedy);
  if (!path.endsWith('.onnx'))
    return refused(
      'is not a file of a model',
      'give a file of weights (.pt, .pth or .safetensors), or the folder of the model',
    );
  const what = 'is a graph, which does not say how residues become its tokens';
  const folder = dirname(path);
  for (const each of basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder])
    for (const name of [CONFIG, DESCRIPTOR])
      if (await isFile(join(each, name))) return refused(what, `give the folder of the model: ${each}`);
  return refused(
    what,
    `give its folder, with the files of the model beside it: ${CONFIG}, and vocab.txt (ESM) or tokenizer.json with tokenizer_config.json; or a ${DESCRIPTOR} that describes the model`,
  );
}
