export { FILE_KINDS, type FileKind, kindOf } from './account.js';
export type { VerifyProgress } from './context.js';
export { CHECKS, type CheckName } from './fault.js';
export type { CheckOutcome } from './findings.js';
export type { RepairReport } from './repair.js';
export type { Report, ReportedFault } from './report.js';
export { reportLines } from './report-lines.js';
export { type VerifyOptions, verify } from './verify.js';
