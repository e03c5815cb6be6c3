export { type InspectOptions, inspect } from './inspect.js';
