/** The token was refused, the folder through which a worker writes was removed, or the next owner has written a checkpoint first. */
const TELLING: ReadonlySet<unknown> = new Set(['stale_claim', 'fenced', 'EEXIST']);

/** Whether a worker's work failed because its claim may be another's now. */
export function tellsOfLostClaim(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause, errors } = error as Error & { code?: unknown; errors?: unknown };
  if (TELLING.has(code)) return true;
  return tellsOfLostClaim(cause) || (Array.isArray(errors) && errors.some(tellsOfLostClaim));
}

/**
 * Why the claim is lost; null if the failure has another cause, such as a folder that somebody removed by hand.
 *
 * @param stillOwner throws if the claim is over.
 */
export async function whyLost(error: unknown, stillOwner: () => Promise<void>): Promise<string | null> {
  if (!tellsOfLostClaim(error)) return null;
  const refused = await stillOwner().then(
    () => null,
    (refusal: unknown) => refusal,
  );
  return tellsOfLostClaim(refused) ? (refused as Error).message : null;
}
