import type { Joined } from './joined-arrays.js';

/** Sequences on their way to the thread that makes their tokens. */
export interface TokenJob extends Joined<Uint8Array<ArrayBuffer>> {
  id: number;
}

/** The thread's answer; an error is reduced to what can be sent. */
export type TokenAnswer =
  | ({ id: number; truncated: number[] } & Joined<Int32Array<ArrayBuffer>>)
  | { id: number; error: { name: string; message: string; stack: string | undefined } };
