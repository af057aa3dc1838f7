import type { UploadJournal } from '../objects/index.ts';
import { type Database, forgetUpload, noteUpload, workerOf } from '../state/index.ts';

/** Keeps in the state what this process uploads. What cannot be kept now is uploaded all the same. */
export function uploadJournal(state: Database): UploadJournal {
  const quietly = (written: Promise<void>): Promise<void> => written.catch(() => undefined);
  return {
    begun: (upload) => quietly(workerOf(state).hold((worker) => noteUpload(state, upload, worker))),
    ended: (upload) => quietly(forgetUpload(state, upload)),
  };
}
