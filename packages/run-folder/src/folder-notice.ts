import type { WaitingEvent } from '@holdfast/process';

/** What is told of a run's folder: that it is waited for, or what was found in it. */
export type FolderNotice = WaitingEvent | { type: 'warning'; message: string };

export type ReportNotice = (notice: FolderNotice) => void;
