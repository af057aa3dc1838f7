import type { Schema, StaticOperationSchema } from '@smithy/types';
import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { AwsAccess } from '../../../platforms/sagemaker/index.ts';
import { fitToSchema } from './fit-to-schema.ts';
import type { Description } from './job-results.ts';

/** How long a request to AWS may take, tries included, milliseconds: Flyte waits for ten seconds for the whole. */
const ANSWER_LIMIT_MS = 6000;

/** The operations of one service of AWS, by name. */
export interface ServiceApi {
  readonly aws: AwsAccess;
  readonly region: string;
  /** Their names: `CreateModel`. */
  readonly operations: readonly string[];
  /** A request with its values in the operation's types. @throws SluiceError `InvalidArgument` */
  request(operation: string, request: Json): object;
  /** Whether a request of the operation may have this member. */
  takes(operation: string, member: string): boolean;
  /** @throws SluiceError as `AwsAccess.call` */
  send(operation: string, request: object): Promise<Description>;
}

type Sdk = Readonly<Record<string, unknown>>;

interface Client {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<object>;
  destroy(): void;
}

type MakeClient = (config: object) => Client;

/** By boto3's names: AWS's SDK of the service, and the name of its client there. */
const SERVICES: Readonly<Record<string, { readonly load: () => Promise<Sdk>; readonly client: string }>> = {
  sagemaker: { load: () => import('@aws-sdk/client-sagemaker'), client: 'SageMakerClient' },
  'sagemaker-runtime': {
    load: () => import('@aws-sdk/client-sagemaker-runtime'),
    client: 'SageMakerRuntimeClient',
  },
  s3: { load: () => import('@aws-sdk/client-s3'), client: 'S3Client' },
  logs: { load: () => import('@aws-sdk/client-cloudwatch-logs'), client: 'CloudWatchLogsClient' },
  'application-autoscaling': {
    load: () => import('@aws-sdk/client-application-auto-scaling'),
    client: 'ApplicationAutoScalingClient',
  },
  emr: { load: () => import('@aws-sdk/client-emr'), client: 'EMRClient' },
  'emr-serverless': { load: () => import('@aws-sdk/client-emr-serverless'), client: 'EMRServerlessClient' },
  sts: { load: () => import('@aws-sdk/client-sts'), client: 'STSClient' },
};

const made = new WeakMap<AwsAccess, Map<string, Promise<ServiceApi>>>();

/**
 * Made once for an access: what a client can do takes a look at thousands of names.
 *
 * @param service boto3's name of it
 * @param attempts tries of one request, the first included: few where who asks comes again. @default those of the settings
 * @throws SluiceError `InvalidArgument` for one that the connector has no client of
 */
export function serviceApi(aws: AwsAccess, service: string, attempts?: number): Promise<ServiceApi> {
  const ofAccess = made.get(aws) ?? new Map<string, Promise<ServiceApi>>();
  made.set(aws, ofAccess);
  const name = `${service} ${attempts ?? ''}`;
  const known = ofAccess.get(name);
  if (known) return known;
  const making = makeApi(aws, service, attempts);
  ofAccess.set(name, making);
  making.catch(() => ofAccess.delete(name));
  return making;
}

async function makeApi(aws: AwsAccess, service: string, attempts?: number): Promise<ServiceApi> {
  const found = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
  if (!found)
    throw new SluiceError('InvalidArgument', `The connector has no client of the service '${service}'.`, {
      hint: `It has those of ${Object.keys(SERVICES).join(', ')}.`,
    });
  const sdk = await found.load();
  const Client = sdk[found.client] as new (config: object) => Client;
  const make: MakeClient = (config) =>
    new Client({
      ...config,
      ...(attempts !== undefined && { maxAttempts: attempts }),
      ...(service === 's3' && pathStyle(aws)),
    });
  const client = await aws.client(`flyte ${service} ${attempts ?? ''}`, async (config) => make(config));
  const { region } = await aws.config();
  return {
    aws,
    region,
    operations: Object.keys(sdk).flatMap((name) => /^(\w+)Command$/.exec(name)?.[1] ?? []),
    request: (operation, request) => fitToSchema(inputSchema(sdk, operation), request, operation),
    takes: (operation, member) => memberNames(inputSchema(sdk, operation)).includes(member),
    async send(operation, request) {
      const Command = sdk[`${operation}Command`] as new (input: object) => object;
      const abortSignal = AbortSignal.timeout(ANSWER_LIMIT_MS);
      const answer = await aws.call(operation, () =>
        client.send(new Command(request), { abortSignal }).catch((error: unknown) => {
          throw abortSignal.aborted ? unanswered(operation, error) : error;
        }),
      );
      return answer as Description;
    },
  };
}

function pathStyle({ isAws }: AwsAccess): { readonly forcePathStyle?: true } {
  return isAws ? {} : { forcePathStyle: true };
}

function inputSchema(sdk: Sdk, operation: string): Schema {
  const schema = sdk[`${operation}$`] as StaticOperationSchema;
  const input = schema[4] as Schema | (() => Schema);
  return typeof input === 'function' ? input() : input;
}

function memberNames(schema: Schema): readonly string[] {
  return (schema as unknown as readonly [unknown, unknown, unknown, unknown, readonly string[]])[4];
}

function unanswered(operation: string, cause: unknown): SluiceError {
  const seconds = ANSWER_LIMIT_MS / 1000;
  return new SluiceError('PlatformUnavailable', `${operation}: no answer within ${seconds} s.`, { cause });
}
