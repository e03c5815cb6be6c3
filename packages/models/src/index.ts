export { OPERATORS, type Operators } from '@holdfast/model-zoo';
export { type CheckOptions, checkModel, type ModelFacts } from './check-model.js';
export { type ExportOptions, exportModel } from './export-model.js';
export { type FindOptions, type FoundModel, findByName } from './find-by-name.js';
export { getModels } from './get-models.js';
export { type HubPin, isPinned } from './hub-pin.js';
export { isAtHand } from './is-at-hand.js';
export { listModels } from './list-models.js';
export { listedModel } from './listed-model.js';
