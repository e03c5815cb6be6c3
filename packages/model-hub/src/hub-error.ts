/**
 * Why a model cannot be had:
 * `hub_offline` it is not in the cache, and the network must not be used; `hub_not_found` no such model or revision;
 * `hub_refused` the hub wants an account, or terms to be accepted; `hub_no_model` the model has no weights that can be
 * used; `hub_bad_setting` an environment variable is invalid; `hub_no_room` the disk is too full; `hub_bad_answer` the
 * server does not answer as a hub does; `hub_read_only` the cache cannot be written to, and lacks the model; `hub_wrong_bytes` what the hub sends differs from its checksum;
 * `hub_damaged` a file in the cache does, and the network must not be used; `hub_unreachable` the hub
 * cannot be reached, or is out of order.
 */
export type HubErrorCode =
  | 'hub_offline'
  | 'hub_not_found'
  | 'hub_refused'
  | 'hub_no_model'
  | 'hub_bad_setting'
  | 'hub_no_room'
  | 'hub_read_only'
  | 'hub_bad_answer'
  | 'hub_wrong_bytes'
  | 'hub_damaged'
  | 'hub_unreachable';

/** A model that cannot be had from the hub. `subject` is the model, or what else is at fault; `remedy` is how to fix it. */
export class HubError extends Error {
  override readonly name = 'HubError';

  constructor(
    readonly code: HubErrorCode,
    readonly subject: string,
    readonly what: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${subject}: ${what}; ${remedy}`, options);
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return ['hub_unreachable', 'hub_no_room', 'hub_wrong_bytes'].includes(this.code);
  }
}
