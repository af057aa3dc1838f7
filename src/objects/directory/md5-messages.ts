/** What the thread that hashes is told. */
export type Md5Request =
  | { readonly type: 'start'; readonly id: number }
  | { readonly type: 'update'; readonly id: number; readonly slot: number; readonly length: number }
  | { readonly type: 'digest' | 'drop'; readonly id: number };

/** What it answers: a slot of the memory is free again, or the digest. */
export type Md5Answer =
  | { readonly type: 'free'; readonly slot: number }
  | { readonly type: 'digest'; readonly id: number; readonly digest: Uint8Array };

/** Bytes of one slot of the memory that the thread reads. */
export const SLOT_BYTES = 256 * 1024;
