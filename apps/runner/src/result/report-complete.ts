import { tokensAreExact } from '@holdfast/gpu-runtime';
import { padding } from '@holdfast/plan';
import type { ResultRecord } from '@holdfast/run-folder';
import { ExitCode } from '../errors.js';
import type { Request } from '../run/request.js';

/**
 * Reports a complete run.
 *
 * @param already whether it was complete before this command.
 * @param reported warnings that were already reported.
 * @returns the exit code of the command.
 */
export function reportComplete(
  { place, options, model, report }: Request,
  result: ResultRecord,
  already: boolean,
  reported: readonly string[] = [],
): number {
  for (const message of result.warnings)
    if (!reported.includes(message)) report({ type: 'warning', message });
  const { sequences, quarantined = 0, dim, tokens, padded_tokens } = result;
  report({
    type: 'complete',
    already,
    sequences,
    quarantined,
    ...(quarantined > 0 ? { quarantine: place.quarantine } : {}),
    dim,
    embeddings: place.embeddings(options.format),
    ids: place.ids,
    ...(tokens === undefined || padded_tokens === undefined
      ? {}
      : padding(tokens, padded_tokens, tokensAreExact(model))),
  });
  return quarantined > 0 ? ExitCode.quarantined : ExitCode.complete;
}
