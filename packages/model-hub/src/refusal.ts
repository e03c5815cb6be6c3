import { HubError } from './hub-error.js';
import { formatHubName, type HubName, MAIN } from './hub-name.js';
import type { HubSettings } from './settings.js';

/** What counts of an answer without the file. */
export interface Refused {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Statuses that another try may not give. */
const PASSING = new Set([408, 425, 429]);

/** The error for an answer that another try would give again; null if it may pass. */
export function refusalOf(
  { status, headers }: Refused,
  name: HubName,
  { endpoint, token }: Pick<HubSettings, 'endpoint' | 'token'>,
): HubError | null {
  if (status >= 500 || PASSING.has(status)) return null;
  const code = headers['x-error-code'];
  const shown = formatHubName(name);
  const page = `${endpoint}/${name.id}`;
  if (code === 'GatedRepo')
    return new HubError(
      'hub_refused',
      shown,
      'its authors ask everybody to accept their terms first',
      `accept them at ${page}, make a token at ${endpoint}/settings/tokens, and set HF_TOKEN to it (or: hf auth login)`,
    );
  if (code === 'RevisionNotFound')
    return new HubError(
      'hub_not_found',
      name.id,
      `has no branch, tag or commit '${name.revision}'`,
      `leave out @${name.revision} for the branch ${MAIN}, or see ${page}/tree/${MAIN}`,
    );
  // The hub does not tell a stranger which private models exist.
  if (code === 'RepoNotFound' || status === 401 || status === 404)
    return new HubError(
      'hub_not_found',
      shown,
      token === null
        ? `${endpoint} shows nobody a model of this name`
        : `${endpoint} shows the owner of this token no model of this name`,
      `check the spelling (\`holdfast models\` lists short names)${token === null ? '; if it is private, set HF_TOKEN (or: hf auth login)' : '; if it is private, ask its owner, or use another HF_TOKEN'}`,
    );
  if (status === 403)
    return new HubError(
      'hub_refused',
      shown,
      `${endpoint} refuses access (403)`,
      `see ${page}; a token with the right to read it (HF_TOKEN) may be needed`,
    );
  return new HubError(
    'hub_bad_answer',
    shown,
    `${endpoint} answers ${status}, which no hub does`,
    'check HF_ENDPOINT and the proxy (HTTPS_PROXY)',
  );
}
