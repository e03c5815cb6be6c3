import type { ServerResponse } from 'node:http';
import type { ColourHeader } from '../wire.js';

/** What was asked for cannot be. */
export class BadRequest extends Error {
  readonly status = 400;
}

/** What was asked for is not there. */
export class NotFound extends Error {
  readonly status = 404;
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

export function sendBytes(response: ServerResponse, bytes: Uint8Array): void {
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

/** A colouring as bytes: the length of the header as u32, the header as JSON, padded to a multiple of 4, and the numbers. */
export function columnBytes(header: ColourHeader, data: Float32Array | Uint16Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const padded = Math.ceil(json.length / 4) * 4;
  const bytes = Buffer.alloc(4 + padded + data.byteLength, ' ');
  bytes.writeUInt32LE(padded);
  json.copy(bytes, 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 4 + padded);
  return bytes;
}
