import type { DescribeEndpointOutput, EndpointSummary } from '@aws-sdk/client-sagemaker';
import type { InvokeEndpointCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import { defaultRoleArn } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { isNotThere } from './endpoint-answers.ts';
import { type EndpointClients, endpointClients } from './endpoint-clients.ts';
import { lastEndpointLines } from './endpoint-log.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import { endpointUrl } from './endpoint-url.ts';
import type { Endpoints } from './endpoints.ts';
import { type EndpointAnswer, invokeEndpoint } from './invoke-endpoint.ts';
import { findEndpoint, type PutEndpoint, type PutEndpointOptions, putEndpoint } from './put-endpoint.ts';
import { readScaling, type ShownScaling } from './read-scaling.ts';
import { scaleEndpoint } from './scale-endpoint.ts';

const ASK_EVERY_MS = { here: 200, aws: 5_000 };

/** The endpoints of SageMaker, or of what speaks its API: this machine's own server, another one, AWS. */
export class AwsEndpoints implements Endpoints {
  readonly where: string;
  readonly #access: AwsAccess;
  readonly #clients: EndpointClients;

  /** @param where for messages */
  constructor(access: AwsAccess, where: string) {
    this.where = where;
    this.#access = access;
    this.#clients = endpointClients(access);
  }

  get isAws(): boolean {
    return this.#access.isAws;
  }

  get askEveryMs(): number {
    return this.isAws ? ASK_EVERY_MS.aws : ASK_EVERY_MS.here;
  }

  account(): Promise<Account> {
    return this.#access.account();
  }

  store(): ReturnType<AwsAccess['store']> {
    return this.#access.store();
  }

  /** AWS wants a role of the user's; everybody else takes any. */
  role(account: Account): string | undefined {
    const { executionRole } = this.#access.settings as { readonly executionRole?: string };
    return executionRole ?? (this.isAws ? undefined : defaultRoleArn(account));
  }

  put(spec: EndpointSpec, options: Pick<PutEndpointOptions, 'key' | 'only'>): Promise<PutEndpoint> {
    const what = options.only === 'update' ? 'UpdateEndpoint' : 'CreateEndpoint';
    return this.#ask(spec.name, what, () => putEndpoint(spec, { ...options, clients: this.#clients }));
  }

  scale(spec: EndpointSpec): Promise<void> {
    return this.#ask(spec.name, 'RegisterScalableTarget', () => scaleEndpoint(this.#clients, spec));
  }

  find(name: string): Promise<DescribeEndpointOutput | undefined> {
    return this.#ask(name, 'DescribeEndpoint', async () => {
      const found: (DescribeEndpointOutput & { $metadata?: unknown }) | undefined = await findEndpoint(
        await this.#clients.sagemaker(),
        name,
      );
      delete found?.$metadata;
      return found;
    });
  }

  async list({ nameContains, limit }: Parameters<Endpoints['list']>[0]): Promise<EndpointSummary[]> {
    const { paginateListEndpoints } = await import('@aws-sdk/client-sagemaker');
    const client = await this.#clients.sagemaker();
    const found: EndpointSummary[] = [];
    const filter = { NameContains: nameContains, SortBy: 'CreationTime', SortOrder: 'Descending' } as const;
    await this.#access.call('ListEndpoints', async () => {
      for await (const page of paginateListEndpoints({ client }, filter)) {
        found.push(...(page.Endpoints ?? []));
        if (found.length >= limit) return;
      }
    });
    return found.slice(0, limit);
  }

  scaling(name: string, variants: readonly string[]): Promise<ShownScaling[]> {
    return this.#ask(name, 'DescribeScalableTargets', () => readScaling(this.#clients, name, variants));
  }

  logTail(name: string, count: number): Promise<string[]> {
    return lastEndpointLines(this.#clients, name, count);
  }

  async url(name: string): Promise<string> {
    return endpointUrl(name, (await this.#access.config()).region, this.#access.settings.endpoint);
  }

  async invoke(input: InvokeEndpointCommandInput): Promise<EndpointAnswer> {
    const name = input.EndpointName ?? '';
    try {
      return await this.#ask(name, 'InvokeEndpoint', () => invokeEndpoint(this.#clients, input));
    } catch (error) {
      throw (await this.#notServing(name, error)) ?? error;
    }
  }

  /** Why an endpoint takes no invocations: AWS tells of one that has failed, or is being made, that it is not found. */
  async #notServing(name: string, cause: unknown): Promise<SluiceError | undefined> {
    if (cause instanceof SluiceError && cause.code === 'ModelFailed') return undefined;
    const found = await this.find(name).catch(() => undefined);
    const { EndpointStatus: status, FailureReason: reason } = found ?? {};
    if (status === 'Failed')
      return new SluiceError(
        'EndpointFailed',
        `The endpoint '${name}' has failed: ${reason ?? 'no reason is known'}`,
        {
          cause,
          hint: `sluice endpoints show ${name} has the last lines of its log. Mend what it says, and make it anew: sluice endpoints delete ${name}, then create.`,
        },
      );
    if (status !== 'Creating' && status !== 'Deleting') return undefined;
    return new SluiceError(
      'EndpointNotFound',
      `The endpoint '${name}' takes no invocations: it is ${status}.`,
      {
        cause,
        hint: `sluice endpoints show ${name} tells when it is InService; create --wait waits for that.`,
      },
    );
  }

  delete(name: string, keepsParts?: boolean): Promise<void> {
    return this.#ask(name, 'DeleteEndpoint', () => deleteEndpoint(this.#clients, name, keepsParts));
  }

  close(): Promise<void> {
    return this.#access.close();
  }

  /** Tells errors in Sluice's words. */
  async #ask<Answer>(name: string, what: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await this.#access.call(`${what} '${name}'`, ask);
    } catch (error) {
      throw isNotThere((error as SluiceError).cause) ? noEndpoint(name, this.where, error) : error;
    }
  }
}

/** For who asks for an endpoint that there is not. */
export function noEndpoint(name: string, where: string, cause?: unknown): SluiceError {
  return new SluiceError('EndpointNotFound', `There is no endpoint '${name}' at ${where}.`, {
    cause,
    hint: 'sluice endpoints ls shows those that there are, and whether they are in service.',
  });
}
