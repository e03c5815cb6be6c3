import type { HubSettings } from './settings.js';

/** What happens during a download. */
export type HubEvent =
  /** Bytes of the model that are there; speed and time left are null until they are known. */
  | {
      type: 'downloading';
      model: string;
      bytes: number;
      totalBytes: number;
      bytesPerSecond: number | null;
      secondsLeft: number | null;
    }
  | { type: 'downloaded'; model: string; folder: string; bytes: number }
  | { type: 'waiting'; reason: string; seconds: number };

export interface GetOptions {
  settings: HubSettings;
  signal: AbortSignal;
  onEvent(event: HubEvent): void;
  /**
   * Judges a model by its `config.json`, before its weights are downloaded; not asked for an ONNX graph.
   *
   * @returns why it cannot be used, or null.
   */
  refuse?: (config: unknown) => string | null;
  /** Replaces the seconds of a pause by others; tests do. */
  pause?: (seconds: number) => number;
  /** Milliseconds without a byte after which a connection is given up. Default: 60,000. */
  silentMs?: number;
}
