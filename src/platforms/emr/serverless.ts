/**
 * Runs of an EMR Serverless application.
 *
 * Source: the API reference of EMR Serverless (StartJobRun, GetJobRun, CancelJobRun), and the user guide for where logs go.
 * By design: properties go by the classification spark-defaults, which needs no quoting, and not by spark-submit's options.
 */
import type { EMRServerlessClient, JobRun, JobRunState } from '@aws-sdk/client-emr-serverless';
import { SluiceError } from '../../core/errors.ts';
import type { EmrSettings } from '../../core/platforms-settings.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import type { JobPhase } from '../platform.ts';
import { type EmrApplication, JOB_PROPERTY } from './emr-application.ts';
import { isUnknown } from './emr-errors.ts';
import type { EmrRef } from './emr-ref.ts';
import type { EmrJob, EmrTarget } from './emr-target.ts';

const PHASES: Readonly<Record<JobRunState, JobPhase>> = {
  SUBMITTED: 'queued',
  QUEUED: 'queued',
  PENDING: 'queued',
  SCHEDULED: 'initializing',
  RUNNING: 'running',
  CANCELLING: 'running',
  SUCCESS: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'aborted',
};

const ENDED = new Set(['SUCCESS', 'FAILED', 'CANCELLED']);
const MOST_MINUTES = 10_080;
const MOST_TAGS = 50;

/** What runs of an application are made with. */
export interface ServerlessOptions {
  readonly access: AwsAccess;
  readonly settings: EmrSettings & { readonly applicationId: string };
  /** Without trailing slash. */
  readonly logUri: string;
}

/** Makes the target of an application. */
export function createServerlessTarget({ access, settings, logUri }: ServerlessOptions): EmrTarget {
  const { applicationId } = settings;
  const client = () =>
    access.client(
      'EMRServerless',
      async (config): Promise<EMRServerlessClient> =>
        new (await import('@aws-sdk/client-emr-serverless')).EMRServerlessClient(config),
    );
  return {
    batchSize: 1,
    async start(application, token) {
      const { StartJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
      const request = startRequest(application, { settings, token, logUri });
      const emr = await client();
      const { jobRunId = '' } = await access
        .call(`StartJobRun '${application.name}'`, () => emr.send(new StartJobRunCommand(request)))
        .catch(explainRefusal(applicationId));
      return { kind: 'serverless', place: applicationId, id: jobRunId };
    },
    async describe(refs, signal) {
      return Promise.all(refs.map((ref) => describe(ref, signal)));
    },
    async cancel({ place, id }) {
      const { CancelJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
      const emr = await client();
      const command = new CancelJobRunCommand({ applicationId: place, jobRunId: id });
      try {
        await access.call(`CancelJobRun '${id}'`, () => emr.send(command));
      } catch (error) {
        if (isUnknown(error)) return;
        const job = await describe({ kind: 'serverless', place, id }).catch(() => undefined);
        if (!job || !('state' in job) || !ENDED.has(job.state)) throw error;
      }
    },
    async logFiles({ place, id }, job) {
      const base = `${job.logUri ?? logUri}/applications/${place}/jobs/${id}/SPARK_DRIVER`;
      return { stdout: `${base}/stdout.gz`, stderr: `${base}/stderr.gz` };
    },
  };

  async function describe({ place, id }: EmrRef, signal?: AbortSignal): Promise<EmrJob | Error> {
    const { GetJobRunCommand } = await import('@aws-sdk/client-emr-serverless');
    const emr = await client();
    const command = new GetJobRunCommand({ applicationId: place, jobRunId: id });
    try {
      const { jobRun } = await access.call(`GetJobRun '${id}'`, () =>
        emr.send(command, signal && { abortSignal: signal }),
      );
      return jobRun
        ? jobOf(jobRun)
        : new SluiceError('JobNotFound', `EMR Serverless has no job run '${id}'.`);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      return new SluiceError('JobNotFound', `EMR Serverless has no job run '${id}'.`, { cause: error });
    }
  }
}

/** The StartJobRun request of an application. Pure. @throws SluiceError `ConfigInvalid` where no role is named */
export function startRequest(
  application: EmrApplication,
  {
    settings,
    token,
    logUri,
  }: {
    readonly settings: ServerlessOptions['settings'];
    readonly token: string;
    readonly logUri: string;
  },
) {
  const executionRoleArn = application.role ?? settings.executionRole;
  if (executionRoleArn === undefined) {
    throw new SluiceError('ConfigInvalid', 'platforms.emr: a run of EMR Serverless needs a role.', {
      hint: 'Set executionRole: the ARN of the role that jobs run as; or role of the task.',
    });
  }
  return {
    applicationId: settings.applicationId,
    clientToken: token,
    name: application.name,
    executionRoleArn,
    jobDriver: {
      sparkSubmit: {
        entryPoint: application.entryPoint,
        entryPointArguments: [...application.arguments],
        ...(application.className !== undefined && {
          sparkSubmitParameters: `--class ${application.className}`,
        }),
      },
    },
    configurationOverrides: {
      applicationConfiguration: [
        {
          classification: 'spark-defaults',
          properties: { ...environmentConf(application), ...application.conf },
        },
      ],
      monitoringConfiguration: { s3MonitoringConfiguration: { logUri: `${logUri}/` } },
    },
    executionTimeoutMinutes: Math.min(
      MOST_MINUTES,
      Math.max(1, Math.ceil(application.maxRuntimeInSeconds / 60)),
    ),
    tags: Object.fromEntries(Object.entries(application.tags).slice(0, MOST_TAGS)),
  };
}

function environmentConf({ environment }: EmrApplication): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => [
      [`spark.emr-serverless.driverEnv.${name}`, value],
      [`spark.executorEnv.${name}`, value],
    ]),
  );
}

/** What GetJobRun says. Pure. */
export function jobOf(run: JobRun): EmrJob {
  const state = run.state as JobRunState;
  const properties = run.configurationOverrides?.applicationConfiguration?.find(
    ({ classification }) => classification === 'spark-defaults',
  )?.properties;
  const vCpuHours = run.billedResourceUtilization?.vCPUHour;
  const isOver = ENDED.has(state);
  const ranSeconds = run.totalExecutionDurationSeconds;
  const startedAt =
    run.startedAt ??
    (isOver && ranSeconds && run.updatedAt
      ? new Date(run.updatedAt.getTime() - ranSeconds * 1000)
      : undefined);
  return {
    phase: PHASES[state] ?? 'running',
    state,
    reason: run.stateDetails || undefined,
    createdAt: run.createdAt ?? new Date(0),
    startedAt,
    ...(isOver && { endedAt: run.endedAt ?? run.updatedAt }),
    billedCpuSeconds: vCpuHours === undefined ? undefined : vCpuHours * 3600,
    jobUri: properties?.[JOB_PROPERTY],
    logUri: run.configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri?.replace(
      /\/+$/,
      '',
    ),
  };
}

function explainRefusal(applicationId: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SluiceError)) throw error;
    if (isUnknown(error)) {
      throw new SluiceError('InvalidArgument', `platforms.emr: there is no application '${applicationId}'.`, {
        cause: error,
        hint: 'Set applicationId to one of `aws emr-serverless list-applications` in this account and region.',
      });
    }
    if (!/\bnot (?:in )?(?:the )?(?:a )?(?:STARTED|started)|state\b/.test(error.message)) throw error;
    throw new SluiceError(error.code, error.message, {
      cause: error,
      hint: `Start it: aws emr-serverless start-application --application-id ${applicationId}; or let it start by itself (autoStartConfiguration).`,
    });
  };
}
