export { type ClusterOptions, clusters } from './clusters.js';
export { type ComputeOptions, type Matrix, matrixOf } from './matrix.js';
export { type PcaOptions, pca, pcaAxes } from './pca.js';
export { type Axes, varianceShares } from './principal-axes.js';
export { UMAP_COMPONENTS, type UmapOptions, umap } from './umap.js';
export { valueRange } from './value-range.js';
