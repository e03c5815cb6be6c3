export { type Esm2Config, esm2Config } from './esm2/config.js';
export { type BuiltGraph, esm2Graph } from './esm2/graph.js';
export { type Esm2Layer, type Esm2Weights, esm2Weights, type Linear } from './esm2/names.js';
export { ModelConfigError } from './model-config-error.js';
export { GraphBuilder, type StoredTensor } from './onnx/graph-builder.js';
export { openWeights } from './weights/open-weights.js';
export { openSafetensors, type SafetensorsFile } from './weights/safetensors.js';
export type { Weights } from './weights/weights.js';
export { WeightsError } from './weights/weights-error.js';
