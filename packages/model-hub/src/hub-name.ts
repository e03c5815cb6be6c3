import { catalog } from './catalog.js';

/** A model on the hub of Hugging Face. */
export interface HubName {
  /** `owner/name`. */
  id: string;
  /** A branch, tag or commit. */
  revision: string;
}

/** The branch that is meant if none is named. */
export const MAIN = 'main';

const ID = /^\w[\w.-]*\/\w[\w.-]*$/;
const REVISION = /^\w[\w./-]*$/;

/**
 * Reads `owner/name`, `owner/name@revision`, or a short name of the catalog with or without a revision, in any case;
 * null for anything else.
 */
export function hubName(text: string): HubName | null {
  const at = text.indexOf('@');
  const [name, revision] = at < 0 ? [text, MAIN] : [text.slice(0, at), text.slice(at + 1)];
  if (!REVISION.test(revision) || /\.\.|\/\/|\/$/.test(revision)) return null;
  const short = catalog.find(({ names }) => names.some((each) => each.toLowerCase() === name.toLowerCase()));
  if (short !== undefined) return { id: short.id, revision };
  return ID.test(name) && !/\.\.|\.git$/.test(name) ? { id: name, revision } : null;
}

/** `owner/name`, with the revision unless it is the usual one. */
export const formatHubName = ({ id, revision }: HubName): string =>
  revision === MAIN ? id : `${id}@${revision}`;

/** Whether a revision is a commit, which never moves. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);
