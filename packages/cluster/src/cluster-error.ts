/** A scheduler cannot be asked for this. The one-line message names the remedy. */
export class ClusterError extends Error {
  readonly code = 'cluster';
  override readonly name = 'ClusterError';
}
