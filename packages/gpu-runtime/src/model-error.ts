/**
 * Why a model is refused:
 * `model_not_found` no such name or folder; `model_file_missing` a file is missing or cannot be read;
 * `model_bad_json` a file does not follow its format; `model_unsupported` a kind of model this version cannot run;
 * `model_mismatch` the graph does not match its description; `model_load` the file is not a graph, or ONNX Runtime
 * refused it; `model_released` the model was used after `release()`.
 */
export type ModelErrorCode =
  | 'model_not_found'
  | 'model_file_missing'
  | 'model_bad_json'
  | 'model_unsupported'
  | 'model_mismatch'
  | 'model_load'
  | 'model_released';

/** A hostile file may name things at any length. */
const MOST_OF_A_TEXT = 2000;
const clipped = (text: string) =>
  text.length <= MOST_OF_A_TEXT ? text : `${text.slice(0, MOST_OF_A_TEXT)}…`;

/** A model that cannot be used. `path` is the folder or file at fault, `what` the fault, and `remedy` how to fix it. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly what: string;

  constructor(
    readonly code: ModelErrorCode,
    readonly path: string,
    what: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${clipped(what)}; ${remedy}`, options);
    this.what = clipped(what);
  }
}
