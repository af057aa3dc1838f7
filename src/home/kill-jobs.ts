import type { Jobs } from '../jobs/index.ts';
import { jobTypes } from './job-types.ts';

/** Sends SIGKILL to every process tree of the jobs that this process runs: they end at once, as stopped. Never rejects. */
export async function killJobs(jobs: Jobs): Promise<void> {
  // Those that a server interrupts are in progress still.
  const lists = await Promise.all(
    jobTypes.flatMap((type) =>
      (['Stopping', 'InProgress'] as const).map((status) =>
        // A state that cannot be read names no process.
        jobs[type].list({ status, limit: 1000 }).catch(() => []),
      ),
    ),
  );
  const own = lists.flat().filter((job) => jobs.owns(job));
  for (const { pid } of own.flatMap(({ progress }) => progress.processes ?? [])) {
    // The group of the process executor; the sandbox's own process takes its tree along.
    for (const target of [-pid, pid]) tryKill(target);
  }
}

function tryKill(pid: number): void {
  // 0 stands for a command that never started, and would mean this program's own group.
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or leads no group.
  }
}
