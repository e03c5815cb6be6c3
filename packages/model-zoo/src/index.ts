export type { Config } from './families/check-config.js';
export {
  checkAddedTokens,
  KEEPS_ENDS,
  type TokenizerRules,
  tokenizerSettings,
} from './families/tokenizer-settings.js';
export { CacheError } from './int8/cache-error.js';
export { INT8_SCHEME, type Int8Options, int8Graph } from './int8/int8-graph.js';
export { int8Product } from './int8/int8-product.js';
export type { LetterTokens } from './letters.js';
export { ModelConfigError } from './model-config-error.js';
export { commonFolder } from './onnx/common-folder.js';
export type { BuiltGraph, Encoder, EncoderFacts } from './onnx/encoder.js';
export { type GraphOptions, OPERATORS, type Operators } from './onnx/graph-options.js';
export { rowProductsGraph } from './onnx/row-graphs.js';
export type { ElementType, StoredTensor } from './onnx/stored-tensor.js';
export { writeOnnx } from './onnx/write-onnx.js';
export { FAMILIES, hasPublishedModel, openModel, type PublishedModel, unknownType } from './open-model.js';
export { UnsupportedModelError } from './unsupported-model-error.js';
export { openWeights } from './weights/open-weights.js';
export { openPtWeights } from './weights/pt-weights.js';
export { isSafetensors, openSafetensors, type SafetensorsFile } from './weights/safetensors.js';
export type { Weights } from './weights/weights.js';
export { WeightsError } from './weights/weights-error.js';
