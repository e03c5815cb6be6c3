export { Block } from './block.js';
export { type ExportName, exportFormats } from './export-formats.js';
export type { Exported, ExportOptions } from './export-options.js';
export { exportResult } from './export-result.js';
export { type ExportSource, exportSource, someRows } from './export-source.js';
export type { ExportedFile, ExportFormat, FormatOptions, OtherRows } from './format.js';
export { type GetOptions, type Got, getRows } from './get-rows.js';
