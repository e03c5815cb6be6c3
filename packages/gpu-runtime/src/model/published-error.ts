import {
  CacheError,
  FAMILIES,
  ModelConfigError,
  UnsupportedModelError,
  WeightsError,
} from '@holdfast/model-zoo';
import { PtFormatError } from '@holdfast/pt-serializer';
import { ModelError } from '../model-error.js';
import { downloadAgain } from './download-again.js';
import { unreadable } from './model-files.js';

const EXPORT =
  'or export it to ONNX (pip install optimum[onnxruntime]; optimum-cli export onnx --model NAME --task feature-extraction DIR) and give that folder';

/** Tensors that no graph takes: of another type, or not stored row by row. */
const SAVE_FOLDER =
  'save the model again with float32 weights in one piece each: model.float().save_pretrained(DIR)';
const SAVE_PT =
  'save it again in Python with float32 weights in one piece each, that is tensor.float().contiguous() for every tensor of the file, and torch.save';

/** What else may be wrong than damage, which only another download mends. */
function remedyForPt({ code, path = '' }: PtFormatError): string {
  const save = 'save it again in Python with model.save_pretrained(DIR), and give DIR';
  if (code === 'forbidden' || code === 'unsupported') return save;
  return `${downloadAgain(path, 'download it again')}; if it stays so, ${save}`;
}

/** What is wrong with published weights, with what to do; an error of another kind as it is. */
export function modelError(error: unknown): unknown {
  if (error instanceof ModelError || error instanceof CacheError) return error;
  const as = (
    code: ModelError['code'],
    { message, path }: Error & { path?: string | undefined },
    remedy: string,
  ) => {
    const named = path !== undefined && [': ', ', '].some((mark) => message.startsWith(path + mark));
    const what = named ? message.slice(path.length + 2) : message;
    return new ModelError(code, path ?? '', what, remedy, { cause: error });
  };
  if (error instanceof UnsupportedModelError)
    return as(
      'model_unsupported',
      error,
      error.remedy ?? `the known families are ${FAMILIES.join('; ')}; use one of them, ${EXPORT}`,
    );
  if (error instanceof ModelConfigError)
    return as('model_unsupported', error, `use a model without this, ${EXPORT}`);
  if (error instanceof WeightsError && error.code === 'weights_unusable')
    return as('model_unsupported', error, /\.pth?$/.test(error.path) ? SAVE_PT : SAVE_FOLDER);
  if (error instanceof WeightsError) {
    const damaged = error.path.endsWith('.json') ? 'model_bad_json' : 'model_load';
    return as(error.code === 'weights_format' ? damaged : 'model_mismatch', error, downloadAgain(error.path));
  }
  if (error instanceof PtFormatError) return as('model_load', error, remedyForPt(error));
  const { code, path } = error as NodeJS.ErrnoException;
  return code !== undefined && path !== undefined ? unreadable(path, error) : error;
}
