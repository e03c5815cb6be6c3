import type { WaitingEvent } from '@holdfast/process';

/** A notice about a run's folder: waiting for it, or a warning about its files. */
export type FolderNotice = WaitingEvent | { type: 'warning'; message: string };

export type ReportNotice = (notice: FolderNotice) => void;
