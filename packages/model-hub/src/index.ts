export { type CatalogEntry, catalog } from './catalog.js';
export { findModel, getModel } from './get-model.js';
export type { GetOptions, HubEvent } from './get-options.js';
export { HubError, type HubErrorCode } from './hub-error.js';
export { formatHubName, type HubName, hubName, isCommit, MAIN, nameInAddress } from './hub-name.js';
export { type CachedModel, cachedModel } from './model-cache.js';
export { type HubSettings, hubSettings } from './settings.js';
