import type { AgentDocument } from '../../contract/agent-document.ts';
import type { AgentResult } from '../../contract/agent-result.ts';

/** How a job has ended. */
export interface JobEnd {
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  readonly secondary: string;
  readonly reason?: string | undefined;
  readonly displaced?: 'capacity' | 'interruption';
}

/** When it did what. */
export interface JobTimes {
  readonly createdAt: Date;
  readonly startedAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
}

/** The end of a job that the agent has carried out, as SageMaker's Describe would tell it. Pure. */
export function describeEnd(
  { jobType, request }: AgentDocument,
  { createdAt, startedAt, endedAt }: JobTimes,
  { status, secondary, reason }: JobEnd,
  result: AgentResult | undefined,
): object {
  const failureReason = reason === undefined ? {} : { FailureReason: reason };
  const times = (start: string, end: string): object => ({
    ...(startedAt && { [start]: startedAt }),
    ...(endedAt && { [end]: endedAt }),
  });
  if (jobType === 'processing')
    return {
      ...request,
      ProcessingJobStatus: status,
      CreationTime: createdAt,
      ...times('ProcessingStartTime', 'ProcessingEndTime'),
      ...failureReason,
      ...(result?.exitMessage !== undefined && { ExitMessage: result.exitMessage }),
    };
  if (jobType === 'transform')
    return {
      ...request,
      TransformJobStatus: status,
      CreationTime: createdAt,
      ...times('TransformStartTime', 'TransformEndTime'),
      ...failureReason,
    };
  return {
    ...request,
    TrainingJobStatus: status,
    SecondaryStatus: secondary,
    CreationTime: createdAt,
    ...times('TrainingStartTime', 'TrainingEndTime'),
    ...failureReason,
    ...(result?.modelArtifacts !== undefined && {
      ModelArtifacts: { S3ModelArtifacts: result.modelArtifacts },
    }),
    FinalMetricDataList: (result?.metrics ?? []).map(({ name, value, at }) => ({
      MetricName: name,
      Value: value,
      Timestamp: new Date(at),
    })),
  };
}
