import { tokensAreExact } from '@holdfast/gpu-runtime';
import { padding } from '@holdfast/plan';
import type { ResultRecord } from '@holdfast/run-folder';
import { ExitCode } from '../errors.js';
import type { Request } from '../run/request.js';

/**
 * Tells what a complete run gave.
 *
 * @param already whether it was complete before.
 * @param told warnings that were given before.
 * @returns the exit code of the command.
 */
export function reportComplete(
  { place, options, model, report }: Request,
  result: ResultRecord,
  already: boolean,
  told: readonly string[] = [],
): number {
  for (const message of result.warnings) if (!told.includes(message)) report({ type: 'warning', message });
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
