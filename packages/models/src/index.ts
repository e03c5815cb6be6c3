export { OPERATORS, type Operators } from '@holdfast/model-zoo';
export { type CheckOptions, checkModel, type ModelFacts } from './check-model.js';
export { type ExportOptions, exportModel } from './export-model.js';
export { type FindOptions, type FoundModel, findByName, type HubPin } from './find-by-name.js';
export { getModels } from './get-models.js';
export { listModels } from './list-models.js';
