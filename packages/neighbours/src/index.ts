export { METRICS, type Metric } from './metric.js';
export { type Matrix, type NearestOptions, type Neighbour, nearestRows } from './nearest-rows.js';
