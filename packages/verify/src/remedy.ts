import type { Fault, Remedy } from './fault.js';
import type { ReportedFault } from './report.js';

/** What to type about a fault. @param folder as it was given. */
export function remedyText(remedy: Remedy, folder: string): string {
  switch (remedy) {
    case 'repair':
      return `holdfast verify ${quoted(folder)} --repair, then the holdfast embed command that made the run`;
    case 'rerun':
      return 'rerun the holdfast embed command that made the run';
    case 'restore':
      return "restore the run's own run.json, or remove it and rerun the holdfast embed command that made the run, which rebuilds it";
    case 'submit':
      return 'type the holdfast submit line that planned the run again, which writes it anew';
    case 'newer':
      return 'use the version of holdfast that wrote it, or a newer one';
  }
}

export const withRemedy = ({ remedy, ...fault }: Fault, folder: string): ReportedFault => ({
  ...fault,
  remedy: remedyText(remedy, folder),
});

/** As a shell takes it. */
const quoted = (path: string) => (/^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
