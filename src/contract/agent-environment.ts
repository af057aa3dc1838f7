/** What the user's container has in its environment where the agent keeps the contract: the same as on this machine. */
import type { AgentDocument } from './agent-document.ts';
import { hostName, planHosts } from './hosts.ts';
import { processingEnvironment } from './processing-environment.ts';
import { transformEnvironment } from './serving-environment.ts';
import { withModelCode } from './submitted-code.ts';
import { trainingEnvironment } from './training-environment.ts';

/** What the user's container may use. */
export interface ContainerMachine {
  readonly cpus: number;
  readonly gpus: number;
  /** Where a model server listens. @default 8080 */
  readonly port?: number | undefined;
}

/** The names of a job's hosts, as its config files have them. Pure. */
export function documentHosts({ jobType, request }: AgentDocument): readonly string[] {
  if (jobType === 'training') return planHosts(request.ResourceConfig ?? {}).hosts;
  if (jobType === 'processing') return planHosts(request.ProcessingResources?.ClusterConfig ?? {}).hosts;
  return Array.from({ length: request.TransformResources?.InstanceCount ?? 1 }, (_, index) =>
    hostName(index),
  );
}

/** The environment of the user's container on a host. Pure. */
export function agentEnvironment(
  document: AgentDocument,
  host: string,
  machine: ContainerMachine,
): Record<string, string> {
  const { arn, region } = document;
  if (document.jobType === 'training')
    return trainingEnvironment({
      request: document.request,
      host,
      arn,
      region,
      cpus: machine.cpus,
      gpus: machine.gpus,
    });
  if (document.jobType === 'processing')
    return processingEnvironment({ request: document.request, host, arn, region });
  const container = document.model.PrimaryContainer ?? document.model.Containers?.[0];
  return transformEnvironment({
    request: document.request,
    region,
    ...(machine.port !== undefined && { port: machine.port }),
    modelEnvironment: withModelCode(container?.Environment ?? {}),
  });
}
