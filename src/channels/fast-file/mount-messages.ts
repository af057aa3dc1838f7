import type { ErrorCode } from '../../core/error-codes.ts';
import type { StoreOpening } from '../../objects/index.ts';

/** What to mount where. */
export interface MountRequest {
  readonly opening: StoreOpening;
  readonly bucket: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  /** Absolute; it exists. */
  readonly directory: string;
}

/** To the process that serves the mount. Its end of the channel closing means `close`, too. */
export type ToMount = ({ readonly kind: 'mount' } & MountRequest) | { readonly kind: 'close' };

/** From it. */
export type FromMount =
  | { readonly kind: 'mounted' }
  /** The machine cannot. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code?: ErrorCode; readonly message: string; readonly hint?: string };
