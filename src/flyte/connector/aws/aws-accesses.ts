import { SluiceError } from '../../../core/errors.ts';
import type { AwsSettings } from '../../../core/platforms-settings.ts';
import type { Json } from '../../../graph/index.ts';
import type { Home } from '../../../home/index.ts';
import { homeServerAccess } from '../../../home/server/index.ts';
import { AwsAccess } from '../../../platforms/sagemaker/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { ConnectorContext } from '../task-type.ts';

/** Whose settings a service's requests are made with. */
export type AwsService = 'sagemaker' | 'emr';

/** Which AWS is meant. */
export interface AwsTarget {
  readonly service: AwsService;
  /** @default the settings' */
  readonly region?: string | undefined;
  /** The role that is assumed for the requests, an ARN. @default the settings' */
  readonly role?: string | undefined;
}

/** The clients of one home. */
interface Opened {
  readonly made: Map<string, AwsAccess>;
  /** Aborted once they are closed. */
  readonly closing: AbortController;
  /** The home's own server, whichever runs. */
  readonly server: () => Promise<AwsAccess>;
}

const opened = new WeakMap<Home, Opened>();

/**
 * AWS, or what speaks its protocols, as the settings of the platform have it. Made once for a home, region and role.
 * Without settings of SageMaker it is the home's own server: nothing costs money that nobody has configured.
 *
 * @throws SluiceError `ConfigInvalid` where nothing says where the requests go
 */
export async function awsAccess(context: ConnectorContext, target: AwsTarget): Promise<AwsAccess> {
  const { home, environment } = context;
  const settings: AwsSettings | undefined = home.configuration.platforms?.[target.service];
  const { made, server } = openedOf(context);
  if (!settings) {
    if (target.service === 'sagemaker') return server().catch(() => Promise.reject(notConfigured(target)));
    throw notConfigured(target);
  }
  const { region, role } = target;
  const key = JSON.stringify(target);
  const access =
    made.get(key) ??
    new AwsAccess(
      {
        ...settings,
        ...(region !== undefined && { region }),
        ...(role !== undefined && { assumeRole: { arn: role } }),
      },
      environment,
    );
  made.set(key, access);
  return access;
}

/** Closes the clients of a home. Idempotent. */
export async function closeAwsAccesses(home: Home): Promise<void> {
  const { made: accesses, closing } = opened.get(home) ?? {};
  opened.delete(home);
  closing?.abort();
  const made = [...(accesses?.values() ?? [])];
  await Promise.all(made.map((access) => access.close()));
}

/** Aborted once the clients of the connector's home are closed. */
export function closingSignal(context: ConnectorContext): AbortSignal {
  return openedOf(context).closing.signal;
}

function openedOf({ home, environment }: ConnectorContext): Opened {
  const known = opened.get(home);
  if (known) return known;
  const { paths, account, configuration } = home;
  const server = homeServerAccess({ paths, account, environment }, async () => configuration);
  const made = { made: new Map<string, AwsAccess>(), closing: new AbortController(), server };
  opened.set(home, made);
  return made;
}

function notConfigured({ service }: AwsTarget): SluiceError {
  return new SluiceError(
    'ConfigInvalid',
    `The connector has no settings of platforms.${service}, which this task runs on.`,
    {
      hint: `Set platforms.${service}: { region: us-east-1 } for AWS, or with an endpoint for another server that speaks its API.`,
    },
  );
}

/** The region that a task names: its input `region`, as flytekit's connector has it, or its configuration's. */
export function regionOf({ inputs, custom }: Pick<FlyteTask, 'inputs' | 'custom'>): string | undefined {
  return text(inputs['region']) ?? text(custom['region']);
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
