import { START_UP_SECONDS } from '../instance-count.ts';
import type { TaskFacts } from './facts.ts';
import type { PlatformName } from './platform-names.ts';

/** What a platform can do, and what it takes; known without reaching it. */
export interface RouterCapabilities {
  readonly jobTypes: readonly string[];
  /** Processing with Spark: alone, too, or not. */
  readonly spark: 'only' | 'too' | 'no';
  /** The types of jobs that may run on machines that can be taken away, at a lower price. */
  readonly spot: readonly string[];
  /** From the request to the first second of the job. An assumption, seconds. */
  readonly startUpSeconds: number;
  /** Whether start-up is billed: machines that are bought for the job alone. */
  readonly billsStartUp: boolean;
  /** What is billed is a multiple of it, seconds. */
  readonly billingUnitSeconds: number;
  /** At least this much is billed, seconds. */
  readonly leastBilledSeconds: number;
}

const JOBS = ['training', 'processing', 'batch_transform'];

/**
 * The platforms, as the router counts with them.
 *
 * Billing: SageMaker and EC2 by the second, EC2 and EMR from 60 s on; whole nodes on CoreWeave. Start-up times are
 * assumptions: a machine that is bought takes minutes, a pod on a node that is there half a minute.
 *
 * @see https://aws.amazon.com/sagemaker/pricing/ https://aws.amazon.com/ec2/pricing/ https://aws.amazon.com/emr/pricing/
 */
export const CAPABILITIES: Readonly<Record<PlatformName, RouterCapabilities>> = {
  local: {
    jobTypes: [...JOBS, 'endpoint'],
    spark: 'too',
    spot: [],
    startUpSeconds: 1,
    billsStartUp: false,
    billingUnitSeconds: 1,
    leastBilledSeconds: 0,
  },
  sagemaker: {
    jobTypes: [...JOBS, 'endpoint'],
    spark: 'too',
    spot: ['training'],
    startUpSeconds: START_UP_SECONDS,
    billsStartUp: false,
    billingUnitSeconds: 1,
    leastBilledSeconds: 1,
  },
  kubernetes: {
    jobTypes: [...JOBS, 'endpoint'],
    spark: 'no',
    spot: [],
    startUpSeconds: 30,
    billsStartUp: true,
    billingUnitSeconds: 1,
    leastBilledSeconds: 1,
  },
  coreweave: {
    jobTypes: [...JOBS, 'endpoint'],
    spark: 'no',
    spot: JOBS,
    startUpSeconds: 60,
    billsStartUp: true,
    billingUnitSeconds: 60,
    leastBilledSeconds: 60,
  },
  batch: {
    jobTypes: JOBS,
    spark: 'no',
    spot: JOBS,
    startUpSeconds: 120,
    billsStartUp: true,
    billingUnitSeconds: 1,
    leastBilledSeconds: 60,
  },
  emr: {
    jobTypes: ['processing'],
    spark: 'only',
    spot: [],
    startUpSeconds: 120,
    billsStartUp: false,
    billingUnitSeconds: 1,
    leastBilledSeconds: 60,
  },
};

/** What serves no more than one model of an endpoint, on servers that are always as many. */
const PLAIN_ENDPOINTS: ReadonlySet<PlatformName> = new Set(['kubernetes', 'coreweave']);

/** What a platform lacks for a task; undefined where it can run it. Pure. */
export function incapacity(platform: PlatformName, facts: TaskFacts): string | undefined {
  const { jobType, framework, endpointNeeds = [] } = facts;
  const { jobTypes, spark } = CAPABILITIES[platform];
  if (!jobTypes.includes(jobType)) return `it cannot run ${jobType} jobs; it can run ${jobTypes.join(', ')}`;
  if (endpointNeeds.length > 0 && PLAIN_ENDPOINTS.has(platform))
    return `it does not serve endpoints with ${endpointNeeds.join(' and ')}`;
  const isSpark = jobType === 'processing' && framework === 'spark';
  if (spark === 'only' && !isSpark) return 'it runs Spark alone, and the task is none of Spark';
  if (spark === 'no' && isSpark) return 'it does not run Spark';
  return undefined;
}
