import type { TaskLog } from '../messages.ts';
import type { ConnectorContext } from '../task-type.ts';
import type { NodeView } from './run-state.ts';

/** The most links of a pipeline: Flyte shows them one below the other. */
const MOST_LINKS = 20;

/**
 * What people follow from Flyte's console: their names tell how the jobs stand, since Flyte shows no message of a task
 * that is running.
 */
export function linksOf(run: string, nodes: readonly NodeView[], context: ConnectorContext): TaskLog[] {
  const several = nodes.length > 1;
  return nodes
    .filter(({ job }) => job !== undefined)
    .slice(-MOST_LINKS)
    .flatMap((node) => nodeLinks(run, node, several, context));
}

function nodeLinks(run: string, node: NodeView, several: boolean, { home }: ConnectorContext): TaskLog[] {
  const { id, job, status } = node;
  if (!job) return [];
  const who = several ? `${id} on ${job.platform}` : job.platform;
  const stands = status ? `: ${status.secondaryStatus ?? status.status}` : '';
  const name = `${who}${stands}`;
  const uri = CONSOLES[job.platform]?.(job.jobName, job.jobType, home.account.region);
  const server = home.configuration.server?.url;
  if (uri !== undefined) return [{ name, uri, messageFormat: 'UNKNOWN' }];
  if (server === undefined) return [];
  return [{ name, uri: `${server}/_sluice/v1/runs/${run}/nodes/${id}/logs`, messageFormat: 'JSON' }];
}

const SAGEMAKER_PAGES: Readonly<Record<string, string>> = {
  training: 'jobs',
  processing: 'processing-jobs',
  batch_transform: 'transform-jobs',
  endpoint: 'endpoints',
};

/** Where the jobs of a platform are looked at. */
const CONSOLES: Readonly<Record<string, (jobName: string, jobType: string, region: string) => string>> = {
  sagemaker: (jobName, jobType, region) =>
    `https://${region}.console.aws.amazon.com/sagemaker/home?region=${region}#/${SAGEMAKER_PAGES[jobType] ?? 'jobs'}/${jobName}`,
};
