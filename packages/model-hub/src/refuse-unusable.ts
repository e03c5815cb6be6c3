import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile } from './download-file.js';
import { type Download, isComplete } from './download-files.js';
import { HubError } from './hub-error.js';
import { formatHubName } from './hub-name.js';
import type { HubFile } from './listing.js';

/** Gets the configuration by itself: weights that cannot be used are not worth hours. */
export async function refuseUnusable(files: readonly HubFile[], download: Download): Promise<void> {
  const { place, options, name } = download;
  const config = files.find((file) => file.name === 'config.json');
  if (options.refuse === undefined || config === undefined || files.at(-1)!.name.endsWith('.onnx')) return;
  const path = join(place.blobs, config.etag);
  if (!isComplete(path, config)) {
    const { client, listing } = download;
    const { signal } = options;
    await downloadFile(config, path, {
      client,
      name,
      commit: listing.commit,
      signal,
      onBytes: () => undefined,
    });
  }
  const reason = options.refuse(parsed(await readFile(path, 'utf8')));
  if (reason !== null)
    throw new HubError(
      'hub_no_model',
      formatHubName(name),
      reason,
      'choose a model of one of these families (`holdfast models`), or one with onnx/model.onnx',
    );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
