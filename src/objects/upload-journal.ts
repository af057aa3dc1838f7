import type { StagedOutput } from '../core/staged-output.ts';

/** An upload of several parts, or a file under a temporary name: it is nothing yet, but takes room. */
export type OpenUpload = Pick<StagedOutput, 'uri' | 'id'>;

/** Knows what is being uploaded, so that whoever comes after a process that was killed removes what that has left. */
export interface UploadJournal {
  /** To be told before any byte is sent. Never rejects. */
  begun(upload: OpenUpload): Promise<void>;
  /** It has its name, or was removed. Never rejects. */
  ended(upload: OpenUpload): Promise<void>;
}
