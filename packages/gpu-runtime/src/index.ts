export { CacheError } from '@holdfast/model-zoo';
export type { FileFacts } from '@holdfast/options';
export { type BuiltInModel, builtInModels, DEFAULT_MODEL } from './built-in.js';
export {
  automaticDevices,
  CPU,
  type Device,
  type DeviceKind,
  formatDevice,
  parseDevice,
} from './device/device.js';
export { DeviceError, deviceRemedy } from './device/device-error.js';
export type { DeviceTensor } from './device/device-tensor.js';
export type { EmbeddingModel, EmbedOptions } from './embedding-model.js';
export { type LoadOptions, loadModel } from './load-model.js';
export { type ExportedFiles, exportedFiles } from './model/describe-source.js';
export { LONG_SEQUENCES, type LongSequences } from './model/descriptor.js';
export { downloadAgain } from './model/download-again.js';
export { INCLUDES, type Include, poolingsIn } from './model/include.js';
export type { ModelOverrides } from './model/model-overrides.js';
export { ownDim } from './model/more-outputs.js';
export { PRECISIONS, type Precision } from './model/precision.js';
export { type FingerprintProof, firstTouched, isProof } from './model/proven-fingerprint.js';
export { type ModelRecipe, type MoreOutputs, POOLINGS, type Pooling } from './model/recipe.js';
export { STORED_TYPES, type StoredType } from './model/stored-type.js';
export { WatchedFiles } from './model/watched-files.js';
export { ModelError, type ModelErrorCode } from './model-error.js';
export type { ModelSource } from './model-source.js';
export type { InferenceFailureKind } from './onnx/failure-kind.js';
export { type FailedBatch, InferenceError } from './onnx/inference-error.js';
export { type OnnxRuntime, onnxRuntime, tryDevice } from './onnx/onnx-runtime.js';
export { RowProducts } from './onnx/row-products.js';
export { type TokenValues, valueCounts } from './onnx/token-values.js';
export { resolveModel } from './resolve-model.js';
export { batchTokensOn } from './sequences/batch-tokens.js';
export { type NonFiniteRow, nonFiniteRows } from './sequences/non-finite-rows.js';
export { attempt, controlFails, PLAIN_RESIDUES, plainResiduesFail } from './sequences/plain-residues.js';
export { randomSequences } from './sequences/random-sequences.js';
export { SequenceError, type SequenceErrorCode, type SequencePlace } from './sequences/sequence-error.js';
export { tokensAreExact, tokensOf } from './sequences/tokens-of.js';
export { type Windows, withinBudget } from './sequences/windows.js';
export { type Alphabet, allowedResidues } from './tokens/alphabet.js';
export { type LetterRules, letterRules } from './tokens/letter-rules.js';
export { tokenCounts } from './tokens/token-counts.js';
