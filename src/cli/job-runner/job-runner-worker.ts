// The process that runs the jobs of a server, and goes on with them when the server has ended.
import { on } from 'node:events';
import module from 'node:module';
import type { ToRunner } from './messages.ts';

// Before all else: what the server has said is lost once it is gone and nobody has listened.
const messages = on(process, 'message', { close: ['disconnect'] }) as AsyncIterableIterator<[ToRunner]>;
if (process.connected) {
  module.enableCompileCache();
  const { runHandedJobs } = await import('./run-handed-jobs.ts');
  await runHandedJobs(messages);
}
// Nothing that a job's end has left open may keep it.
process.exit();
