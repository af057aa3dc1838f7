/**
 * Steps of an EMR cluster.
 *
 * Source: the API reference of EMR (AddJobFlowSteps, ListSteps, CancelSteps), and the management guide for where logs go.
 * By design: the driver runs on the primary node (`--deploy-mode client`), so that what it prints is the step's own log.
 * Gaps: AddJobFlowSteps takes no token. A step is known by its name; of two that were added at the same moment the later
 * one is cancelled. A step has no limit of time.
 */
import type { EMRClient, StepState, StepSummary } from '@aws-sdk/client-emr';
import { SluiceError } from '../../core/errors.ts';
import type { EmrSettings } from '../../core/platforms-settings.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import type { JobPhase } from '../platform.ts';
import { type EmrApplication, JOB_PROPERTY } from './emr-application.ts';
import { isUnknown } from './emr-errors.ts';
import type { EmrRef } from './emr-ref.ts';
import type { EmrJob, EmrTarget } from './emr-target.ts';

const PHASES: Readonly<Record<StepState, JobPhase>> = {
  PENDING: 'queued',
  CANCEL_PENDING: 'running',
  RUNNING: 'running',
  COMPLETED: 'succeeded',
  CANCELLED: 'aborted',
  FAILED: 'failed',
  INTERRUPTED: 'failed',
};

/** Steps that ListSteps takes by their ids at once. */
const IDS_AT_ONCE = 10;
/** How many pages of a cluster's steps are searched for one that was added before. */
const MOST_PAGES = 40;

/** What steps are added with. */
export interface StepsOptions {
  readonly access: AwsAccess;
  readonly settings: EmrSettings & { readonly clusterId: string };
}

/** Makes the target of a cluster. */
export function createStepsTarget({ access, settings }: StepsOptions): EmrTarget {
  const { clusterId } = settings;
  const client = () =>
    access.client(
      'EMR',
      async (config): Promise<EMRClient> => new (await import('@aws-sdk/client-emr')).EMRClient(config),
    );

  /** The steps of a name, the first of them first. */
  async function named(name: string): Promise<StepSummary[]> {
    const { ListStepsCommand } = await import('@aws-sdk/client-emr');
    const emr = await client();
    const found: StepSummary[] = [];
    let marker: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const command = new ListStepsCommand({ ClusterId: clusterId, Marker: marker });
      const answer = await access.call(`ListSteps of '${clusterId}'`, () => emr.send(command));
      found.push(...(answer.Steps ?? []).filter(({ Name }) => Name === name));
      marker = answer.Marker;
      if (marker === undefined) break;
    }
    return found.sort((a, b) => addedAt(a) - addedAt(b) || ((a.Id ?? '') < (b.Id ?? '') ? -1 : 1));
  }

  async function add(application: EmrApplication): Promise<string> {
    const { AddJobFlowStepsCommand } = await import('@aws-sdk/client-emr');
    const emr = await client();
    const command = new AddJobFlowStepsCommand({ JobFlowId: clusterId, Steps: [stepOf(application)] });
    const { StepIds = [] } = await access.call(`AddJobFlowSteps '${application.name}'`, () =>
      emr.send(command),
    );
    return StepIds[0] ?? '';
  }

  async function cancelStep(place: string, id: string): Promise<void> {
    const { CancelStepsCommand } = await import('@aws-sdk/client-emr');
    const emr = await client();
    const command = new CancelStepsCommand({
      ClusterId: place,
      StepIds: [id],
      StepCancellationOption: 'TERMINATE_PROCESS',
    });
    await access.call(`CancelSteps '${id}'`, () => emr.send(command));
  }

  return {
    batchSize: IDS_AT_ONCE,
    async start(application) {
      const { name } = application;
      const [known] = await named(name).catch(explainRefusal(clusterId));
      if (known?.Id !== undefined) return refOf(clusterId, known.Id);
      const own = await add(application).catch(explainRefusal(clusterId));
      const [first] = await named(name);
      if (first?.Id === undefined || first.Id === own) return refOf(clusterId, own);
      await cancelStep(clusterId, own);
      return refOf(clusterId, first.Id);
    },
    async describe(refs, signal) {
      const { ListStepsCommand } = await import('@aws-sdk/client-emr');
      const emr = await client();
      const answers = new Map<string, EmrJob>();
      for (const [place, those] of Map.groupBy(refs, (ref) => ref.place)) {
        const command = new ListStepsCommand({ ClusterId: place, StepIds: those.map(({ id }) => id) });
        try {
          const { Steps = [] } = await access.call(`ListSteps of '${place}'`, () =>
            emr.send(command, signal && { abortSignal: signal }),
          );
          for (const step of Steps) answers.set(`${place}/${step.Id}`, jobOfStep(step));
        } catch (error) {
          // Of many, one that is unknown is looked for alone.
          if (!isUnknown(error) || refs.length > 1) throw error;
        }
      }
      return refs.map(
        ({ place, id }) =>
          answers.get(`${place}/${id}`) ??
          new SluiceError('JobNotFound', `The cluster '${place}' has no step '${id}'.`),
      );
    },
    async cancel({ place, id }) {
      await cancelStep(place, id).catch((error: unknown) => {
        if (!isUnknown(error)) throw error;
      });
    },
    async logFiles({ place, id }) {
      const { DescribeClusterCommand } = await import('@aws-sdk/client-emr');
      const emr = await client();
      const command = new DescribeClusterCommand({ ClusterId: place });
      const { Cluster: cluster } = await access.call(`DescribeCluster '${place}'`, () => emr.send(command));
      if (!cluster?.LogUri) return {};
      const base = `${cluster.LogUri.replace(/^s3[an]:/, 's3:').replace(/\/+$/, '')}/${place}/steps/${id}`;
      return { stdout: `${base}/stdout.gz`, stderr: `${base}/stderr.gz` };
    },
  };
}

function refOf(place: string, id: string): EmrRef {
  return { kind: 'step', place, id };
}

function addedAt({ Status }: StepSummary): number {
  return Status?.Timeline?.CreationDateTime?.getTime() ?? 0;
}

/** The step that submits an application. Pure. */
export function stepOf(application: EmrApplication) {
  const { name, entryPoint, className, conf, environment, arguments: parameters } = application;
  const own = Object.entries(environment);
  return {
    Name: name,
    ActionOnFailure: 'CONTINUE' as const,
    HadoopJarStep: {
      Jar: 'command-runner.jar',
      Args: [
        ...(own.length > 0 ? ['env', ...own.map(([key, value]) => `${key}=${value}`)] : []),
        'spark-submit',
        '--deploy-mode',
        'client',
        ...(className === undefined ? [] : ['--class', className]),
        ...own.flatMap(([key, value]) => ['--conf', `spark.executorEnv.${key}=${value}`]),
        ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        entryPoint,
        ...parameters,
      ],
    },
  };
}

/** What ListSteps says of a step. Pure. */
export function jobOfStep({ Status, Config }: StepSummary): EmrJob {
  const state = Status?.State as StepState;
  const { FailureDetails: failure, StateChangeReason: change, Timeline: timeline } = Status ?? {};
  const mark = `${JOB_PROPERTY}=`;
  return {
    phase: PHASES[state] ?? 'running',
    state,
    reason: failure?.Message ?? failure?.Reason ?? change?.Message ?? undefined,
    createdAt: timeline?.CreationDateTime ?? new Date(0),
    startedAt: timeline?.StartDateTime,
    endedAt: timeline?.EndDateTime,
    jobUri: Config?.Args?.find((argument) => argument.startsWith(mark))?.slice(mark.length),
  };
}

function explainRefusal(clusterId: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SluiceError)) throw error;
    const hint = isUnknown(error)
      ? 'Set clusterId to one of `aws emr list-clusters --active` in this account and region.'
      : /terminat|shutting down|finished/i.test(error.message)
        ? `The cluster '${clusterId}' has ended: start another one, and set clusterId.`
        : undefined;
    if (hint === undefined) throw error;
    throw new SluiceError('InvalidArgument', `platforms.emr: ${error.message}`, { cause: error, hint });
  };
}
