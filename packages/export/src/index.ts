export { type ExportName, exportFormats } from './export-formats.js';
export { type Exported, type ExportOptions, exportResult } from './export-result.js';
export { type Block, type ExportSource, exportSource, someRows } from './export-source.js';
export type { ExportedFile, ExportFormat, FormatOptions, OtherRows } from './format.js';
export { type GetOptions, type Got, getRows } from './get-rows.js';
