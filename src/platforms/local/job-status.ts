import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';
import { billedInstanceSeconds } from '../../contract/billing.ts';
import { planHosts } from '../../contract/hosts.ts';
import type { Json } from '../../graph/index.ts';
import { faultOf, type JobRecord } from '../../jobs/index.ts';
import type { JobPhase, JobStatus } from '../platform.ts';

/** What a record says, in the shape that all platforms share. Outputs of property files are not in it. Pure. */
export function jobStatus(record: JobRecord): JobStatus {
  const { progress } = record;
  const phase = jobPhase(record);
  const message = statusMessage(record);
  const metrics = Object.fromEntries((progress.metrics ?? []).map(({ name, value }) => [name, value]));
  return {
    phase,
    status: record.status,
    secondaryStatus: record.secondaryStatus,
    ...(message !== undefined && { message }),
    ...(phase === 'failed' && { fault: faultOf(progress.failureReason ?? '') }),
    outputs: hasOutputs(record) ? jobOutputs(record, metrics) : {},
    metrics,
    createdAt: new Date(record.createdAt),
    ...(record.startedAt !== undefined && { startedAt: new Date(record.startedAt) }),
    ...(record.endedAt !== undefined && { endedAt: new Date(record.endedAt) }),
    ...billable(record),
  };
}

/** One that was stopped, or whose time was over, has what it had saved; of a transform job nothing is kept then. */
function hasOutputs({ status, type }: JobRecord): boolean {
  return status === 'Completed' || (status === 'Stopped' && type !== 'transform');
}

/** A job that was stopped because its time was over has failed; one that someone stopped is aborted. */
function jobPhase(record: JobRecord): JobPhase {
  switch (record.status) {
    case 'Completed':
      return 'succeeded';
    case 'Failed':
      return 'failed';
    case 'Stopped':
      return record.secondaryStatus === 'MaxRuntimeExceeded' ? 'failed' : 'aborted';
    case 'Stopping':
      return 'running';
    case 'InProgress':
      return ['Starting', 'Downloading'].includes(record.secondaryStatus) ? 'initializing' : 'running';
  }
}

function statusMessage({ progress, secondaryStatus, status }: JobRecord): string | undefined {
  if (status === 'Stopped' && secondaryStatus === 'MaxRuntimeExceeded') {
    return 'MaxRuntimeExceeded: the job ran longer than its MaxRuntimeInSeconds and was stopped.';
  }
  return progress.failureReason ?? progress.exitMessage ?? progress.transitions.at(-1)?.message;
}

function billable(record: JobRecord): { billableSeconds?: number } {
  if (record.startedAt === undefined || record.endedAt === undefined) return {};
  const [start, end] = [new Date(record.startedAt), new Date(record.endedAt)];
  return { billableSeconds: billedInstanceSeconds(start, end, instanceCount(record)) };
}

function instanceCount(record: JobRecord): number {
  const request = record.request as Partial<
    CreateTrainingJobRequest & CreateProcessingJobRequest & CreateTransformJobRequest
  >;
  const cluster =
    request.ResourceConfig ?? request.ProcessingResources?.ClusterConfig ?? request.TransformResources;
  return planHosts(cluster ?? {}).hosts.length;
}

function jobOutputs(record: JobRecord, metrics: Readonly<Record<string, number>>): Record<string, Json> {
  switch (record.type) {
    case 'training': {
      const { modelArtifacts: model, outputArtifacts: output } = record.progress;
      // As on SageMaker, an empty directory leaves no archive; what is not there is not named.
      return { ...(model !== undefined && { model }), ...(output !== undefined && { output }), metrics };
    }
    case 'processing': {
      const { ProcessingOutputConfig: config } = record.request as CreateProcessingJobRequest;
      const outputs = config?.Outputs ?? [];
      return Object.fromEntries(
        outputs.map((output) => [output.OutputName as string, output.S3Output?.S3Uri as string]),
      );
    }
    case 'transform':
      return {
        output: (record.request as CreateTransformJobRequest).TransformOutput?.S3OutputPath as string,
      };
  }
}
