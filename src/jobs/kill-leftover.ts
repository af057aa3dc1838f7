import { isProcessAlive, type ProcessIdentity } from '../state/index.ts';

/** Ends the process group that a dead owner left behind. */
export function killLeftover(identity: ProcessIdentity): void {
  if (!isProcessAlive(identity)) return;
  for (const target of [-identity.pid, identity.pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has just ended, or leads no group.
    }
  }
}
