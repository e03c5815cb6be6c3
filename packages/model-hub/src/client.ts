import type { Readable } from 'node:stream';
import { HubError } from './hub-error.js';
import type { HubName } from './hub-name.js';
import { formatHubName } from './hub-name.js';
import { CachePlace } from './model-cache.js';
import { pauseBefore } from './pauses.js';
import { proxyFor } from './proxy.js';
import { refusalOf } from './refusal.js';
import type { HubSettings } from './settings.js';

/** Milliseconds without a byte after which a connection is given up, and another one tried. */
const SILENT_MS = 60_000;

export interface ClientOptions {
  settings: HubSettings;
  signal: AbortSignal;
  /** Called before each pause after a failure. */
  onPause(reason: string, seconds: number): void;
  /** Replaces the seconds of a pause by others; tests do. */
  pause?: (seconds: number) => number;
  /** Names the proxy. Default: the process's. */
  env?: NodeJS.ProcessEnv;
  /** Milliseconds without a byte that are too many. Default: 60,000. */
  silentMs?: number;
}

/** An answer whose body is still to be read. */
export interface HubAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Readable;
}

/** Asks the hub, through the proxy that `HTTPS_PROXY` names, if any. */
export class HubClient implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #dispatchers = new Map<string | null, import('undici').Dispatcher>();
  /** Failures since the last success. */
  #failures = 0;
  /** Whether anything ever answered, so the network is there. */
  #answered = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Gets a path of the hub, and follows redirections; the token goes to the hub alone. Failures that pass are tried
   * again, until there were too many without a success in between.
   *
   * @throws HubError for what the hub refuses, and `hub_unreachable` in the end; the signal's reason.
   */
  async get(path: string, name: HubName, headers: Record<string, string> = {}): Promise<HubAnswer> {
    for (;;) {
      const answer = await this.#tried(path, headers).catch((error: Error) => error);
      if (answer instanceof HubError) throw answer;
      if (answer instanceof Error) {
        const unresolved = !this.#answered && isUnresolved(innermost(answer));
        await this.failed(inShort(answer), name, { cause: answer, unresolved });
        continue;
      }
      const { status } = answer;
      if (status === 200 || status === 206 || status === 416) return answer;
      const retryAfter = Number(answer.headers['retry-after'] ?? Number.NaN);
      answer.body.destroy();
      const refusal = refusalOf(answer, name, this.#options.settings);
      if (refusal !== null) throw refusal;
      const why = status === 429 ? 'too many requests' : 'out of order';
      await this.failed(`the hub answers ${status} (${why})`, name, { retryAfter });
    }
  }

  /** Bytes arrived, so later failures are counted anew. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Counts a failure, and waits before the next try.
   *
   * @param retryAfter seconds that the hub asks for; NaN: none. @param unresolved as for {@link pauseBefore}.
   * @throws HubError `hub_unreachable` after too many failures; the signal's reason.
   */
  async failed(
    reason: string,
    name: HubName,
    {
      retryAfter = Number.NaN,
      unresolved = false,
      cause,
    }: { retryAfter?: number; unresolved?: boolean; cause?: unknown } = {},
  ): Promise<void> {
    const { settings, signal, onPause, pause = (seconds: number) => seconds } = this.#options;
    signal.throwIfAborted();
    const seconds = pauseBefore(++this.#failures, retryAfter, unresolved);
    if (seconds === null)
      throw new HubError(
        'hub_unreachable',
        formatHubName(name),
        `cannot be downloaded from ${settings.endpoint} (${reason}, ${this.#failures} times)`,
        `check the network, and the proxy if there is one (HTTPS_PROXY), then rerun the same command: what has arrived is kept. On a machine without a network, copy ${new CachePlace(settings.cache, name.id).folder} from one that has the model (cp -a keeps its links)`,
        { cause },
      );
    onPause(reason, seconds);
    await wait(pause(seconds) * 1000, signal);
  }

  async #tried(path: string, headers: Record<string, string>): Promise<HubAnswer> {
    const { settings, signal } = this.#options;
    const hub = new URL(settings.endpoint).origin;
    let url = new URL(`${settings.endpoint}/${path}`);
    for (let redirections = 0; ; redirections++) {
      const { request, dispatcher } = await this.#connected(url);
      const token: Record<string, string> =
        settings.token !== null && url.origin === hub ? { authorization: `Bearer ${settings.token}` } : {};
      const answer = await request(url, {
        dispatcher,
        signal,
        // Compressed bytes could not be continued from the middle.
        headers: { 'accept-encoding': 'identity', 'user-agent': 'holdfast', ...token, ...headers },
      });
      this.#answered = true;
      // The connection may break while nobody reads; who reads then is told.
      answer.body.on('error', () => undefined);
      const { location } = answer.headers;
      if (answer.statusCode < 300 || answer.statusCode >= 400 || typeof location !== 'string')
        return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      await answer.body.dump();
      if (redirections === 10) throw new Error('too many redirections');
      url = new URL(location, url);
    }
  }

  /** What connects to an address: one for each proxy. Loaded only here: other commands need no network library. */
  async #connected(url: URL) {
    const { Agent, ProxyAgent, request } = await import('undici');
    const { silentMs = SILENT_MS, env = process.env } = this.#options;
    const proxy = proxyFor(url, env);
    const limits = { headersTimeout: silentMs, bodyTimeout: silentMs, connect: { timeout: silentMs } };
    const dispatcher =
      this.#dispatchers.get(proxy) ??
      (proxy === null ? new Agent(limits) : new ProxyAgent({ ...limits, uri: proxy }));
    this.#dispatchers.set(proxy, dispatcher);
    return { request, dispatcher };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispatcher of this.#dispatchers.values()) await dispatcher.destroy();
  }
}

/** An error of the network. */
type NetworkError = NodeJS.ErrnoException & { hostname?: string };

/** The innermost reason: libraries wrap it in "fetch failed". */
function innermost(error: Error): NetworkError {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof AggregateError
    ? (inner.errors.find((each) => each instanceof Error) ?? inner)
    : inner;
}

/** Whether the name of a server has no address here. */
const isUnresolved = ({ code, hostname }: NetworkError): boolean =>
  hostname !== undefined && (code === 'ENOTFOUND' || code === 'EAI_AGAIN');

function inShort(error: Error): string {
  const inner = innermost(error);
  const { message, code, hostname, name } = inner;
  if (isUnresolved(inner)) return `${hostname} cannot be found: is this machine on a network? (${code})`;
  return message || code || name;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
