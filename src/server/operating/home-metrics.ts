import { countEndpoints, countJobs, type Statements } from '../../state/index.ts';
import type { Metric } from './metric-text.ts';

const JOB_TYPES = ['training', 'processing', 'transform'] as const;
const JOB_STATES = ['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped'] as const;

/** The jobs and endpoints of a home. */
export async function collectHomeMetrics(state: Statements): Promise<Metric[]> {
  const [jobs, endpoints] = [await countJobs(state), await countEndpoints(state)];
  const counts = new Map(jobs.map(({ type, status, count }) => [`${type}/${status}`, count]));
  return [
    {
      name: 'sluice_jobs',
      type: 'gauge',
      help: 'Jobs of the home.',
      samples: JOB_TYPES.flatMap((type) =>
        JOB_STATES.map((status) => ({
          labels: { type, status },
          value: counts.get(`${type}/${status}`) ?? 0,
        })),
      ),
    },
    {
      name: 'sluice_endpoints',
      type: 'gauge',
      help: 'Endpoints of the home.',
      samples: endpoints.map(({ status, count }) => ({ labels: { status }, value: count })),
    },
  ];
}
