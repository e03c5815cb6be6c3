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

/** What is wrong with published weights, with what to do; an error of another kind as it is. */
export function modelError(error: unknown): unknown {
  if (error instanceof ModelError || error instanceof CacheError) return error;
  const as = (
    code: ModelError['code'],
    { message, path }: Error & { path?: string | undefined },
    remedy: string,
  ) => {
    const what =
      path !== undefined && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
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
    return as(
      'model_unsupported',
      error,
      'save the model again with float32 weights in one piece each: model.float().save_pretrained(DIR)',
    );
  if (error instanceof WeightsError) {
    const damaged = error.path.endsWith('.json') ? 'model_bad_json' : 'model_load';
    return as(error.code === 'weights_format' ? damaged : 'model_mismatch', error, downloadAgain(error.path));
  }
  if (error instanceof PtFormatError)
    return as(
      'model_load',
      error,
      `${downloadAgain(error.path ?? '', 'download it again')}; if it stays so, save it with torch.save(model.state_dict(), path)`,
    );
  const { code, path } = error as NodeJS.ErrnoException;
  return code !== undefined && path !== undefined ? unreadable(path, error) : error;
}
