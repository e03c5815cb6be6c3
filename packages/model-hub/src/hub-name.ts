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

/** A page or an address of a model, as browsers and other programs write it. */
const ADDRESS = /^(?:https?:\/\/[^/]+\/|hf:\/\/|(?:www\.)?(?:huggingface\.co|hf\.co)\/)([^?#]+)/i;
const PAGE =
  /^(?!(?:datasets|spaces|docs|api|collections|papers)\/)([^/]+\/[^/]+?)(?:\.git)?(?:\/(?:tree|blob|resolve|commit)\/([^/]+).*|\/.*)?$/;

/** The name that the address of a model's page has, or a name with a slash after it; null for anything else. */
export function nameInAddress(text: string): HubName | null {
  const address = ADDRESS.exec(text)?.[1] ?? (/^[^/]+\/[^/]+\/+$/.test(text) ? text : '');
  const [, id, revision] = PAGE.exec(address) ?? [];
  if (id === undefined) return null;
  // A branch with a slash is written %2F.
  return hubName(revision === undefined ? id : `${id}@${revision.replaceAll(/%2f/gi, '/')}`);
}
