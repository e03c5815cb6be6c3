import type { Joined } from './joined-arrays.js';

/** Sequences sent to the tokenizer thread. */
export interface TokenJob extends Joined<Uint8Array<ArrayBuffer>> {
  id: number;
}

/** The thread's answer; an error is reduced to the fields that can be sent. */
export type TokenAnswer =
  | ({ id: number; truncated: number[] } & Joined<Int32Array<ArrayBuffer>>)
  | { id: number; error: { name: string; message: string; stack: string | undefined } };
