// The process that runs the jobs of a server, and goes on with them when the server has ended.
import module from 'node:module';
import { limitMemory } from '../../core/steady-heap.ts';

limitMemory();
module.enableCompileCache();
const { runHandedJobs } = await import('./run-handed-jobs.ts');
await runHandedJobs(process.stdin);
// Nothing that a job's end has left open may keep it.
process.exit();
