import type { DescribeEndpointOutput, EndpointSummary } from '@aws-sdk/client-sagemaker';
import type { InvokeEndpointCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import { defaultRoleArn } from '../../../contract/arns.ts';
import type { Account } from '../../../core/account.ts';
import { SluiceError } from '../../../core/errors.ts';
import type { KubernetesSettings } from '../../../core/platforms-settings.ts';
import type { ObjectStore } from '../../../objects/index.ts';
import {
  type EndpointAnswer,
  type EndpointSpec,
  type Endpoints,
  noEndpoint,
  type PutEndpoint,
  type PutEndpointOptions,
} from '../../endpoints/index.ts';
import type { Cluster } from '../cluster.ts';
import { MARKS, objectName } from '../cluster-names.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import { type FailedChange, isGivenUp, readMarks } from './endpoint-marks.ts';
import { EndpointObjects } from './endpoint-objects.ts';
import { endpointState, type FoundEndpoint } from './endpoint-state.ts';
import { endpointTail } from './endpoint-tail.ts';
import { invokeService } from './invoke-service.ts';
import { putEndpoint } from './put-endpoint.ts';
import { takeBack } from './take-back.ts';

/** What endpoints on a cluster are served with. */
export interface ClusterEndpointsOptions {
  /** The platform's name: `kubernetes`. */
  readonly platform: string;
  readonly cluster: Cluster;
  readonly settings: KubernetesSettings;
  readonly account: Account;
  /** The S3 of the pods. */
  readonly store: ObjectStore;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
  readonly agentImage: string;
  /** What an instance type means, where that follows from what the cluster has. @default the settings */
  readonly settingsFor?:
    | ((what: { readonly name: string; readonly instanceType: string }) => Promise<KubernetesSettings>)
    | undefined;
  /** Of what was opened for it. */
  readonly close?: () => Promise<void>;
}

const ASK_EVERY_MS = 500;
/** Of a change that has failed. */
const LOG_TAIL_LINES = 20;

/**
 * Endpoints as a Deployment and a Service each. All that is known of one is written on its Deployment, so that any
 * process goes on where another has ended. Whoever looks at one whose change does not come to serve takes it back.
 */
export class KubernetesEndpoints implements Endpoints {
  readonly isAws = false;
  readonly askEveryMs = ASK_EVERY_MS;
  readonly objects: EndpointObjects;
  readonly #options: ClusterEndpointsOptions;

  constructor(options: ClusterEndpointsOptions) {
    this.#options = options;
    this.objects = new EndpointObjects(options.cluster);
  }

  get where(): string {
    const { client, namespace } = this.#options.cluster;
    return `${client.access.server}, namespace ${namespace}`;
  }

  async account(): Promise<Account> {
    return this.#options.account;
  }

  async store(): Promise<ObjectStore> {
    return this.#options.store;
  }

  role(account: Account): string {
    return defaultRoleArn(account);
  }

  put(
    spec: EndpointSpec,
    options: Pick<PutEndpointOptions, 'key' | 'only' | 'busyMs' | 'signal'>,
  ): Promise<PutEndpoint> {
    return putEndpoint(this, spec, { ...options, ...this.#options, askEveryMs: ASK_EVERY_MS });
  }

  /** Nothing scales by itself there: a spec that asks for it was refused. */
  async scale(): Promise<void> {}

  async scaling(): Promise<[]> {
    return [];
  }

  async find(name: string): Promise<DescribeEndpointOutput | undefined> {
    const found = await this.look(name);
    if (!found || isGivenUp(found.state.marks)) return undefined;
    return describeEndpoint(found.deployment, found.state, this.#options.account);
  }

  async list({ nameContains = '', limit }: Parameters<Endpoints['list']>[0]): Promise<EndpointSummary[]> {
    const deployments = await this.objects.list();
    const now = Date.now();
    const found = deployments.flatMap((deployment) => {
      const state = endpointState(deployment, [], this.#options.settings, now);
      if (!state || isGivenUp(state.marks) || !state.marks.endpoint.includes(nameContains)) return [];
      const { EndpointName, EndpointArn, EndpointStatus, CreationTime, LastModifiedTime } = describeEndpoint(
        deployment,
        state,
        this.#options.account,
      );
      return [{ EndpointName, EndpointArn, EndpointStatus, CreationTime, LastModifiedTime }];
    });
    found.sort((a, b) => Number(b.CreationTime) - Number(a.CreationTime));
    return found.slice(0, limit);
  }

  async logTail(name: string, count: number): Promise<string[]> {
    const found = await this.look(name);
    const { logTail = [] } = found?.state.marks.failed ?? {};
    if (logTail.length > 0) return logTail.slice(-count);
    return endpointTail(this.objects, await this.objects.pods(objectName(name)), count);
  }

  /** As pods of the cluster reach it. */
  async url(name: string): Promise<string> {
    return `http://${objectName(name)}.${this.#options.cluster.namespace}.svc/invocations`;
  }

  async invoke(input: InvokeEndpointCommandInput): Promise<EndpointAnswer> {
    const { EndpointName: name = '', TargetModel, TargetContainerHostname, TargetVariant } = input;
    const refused = TargetModel
      ? 'TargetModel'
      : TargetContainerHostname
        ? 'TargetContainerHostname'
        : undefined;
    if (refused)
      throw new SluiceError(
        'InvalidArgument',
        `${refused}: an endpoint on ${this.#options.platform} has one model.`,
      );
    const deployment = await this.objects.find(objectName(name));
    const marks = deployment && readMarks(deployment);
    if (!marks || marks.endpoint !== name || isGivenUp(marks)) throw noEndpoint(name, this.where);
    if (TargetVariant !== undefined && TargetVariant !== marks.variant)
      throw new SluiceError(
        'InvalidArgument',
        `TargetVariant: the endpoint '${name}' has one variant, '${marks.variant}'; got '${TargetVariant}'.`,
      );
    return {
      ...(await invokeService(this.#options.cluster, objectName(name), input)),
      variant: marks.variant,
    };
  }

  async delete(name: string): Promise<void> {
    const deployment = await this.objects.find(objectName(name));
    const marks = deployment && readMarks(deployment);
    if (!marks || marks.endpoint !== name) throw noEndpoint(name, this.where);
    await this.objects.delete(objectName(name));
    if (isGivenUp(marks)) throw noEndpoint(name, this.where);
  }

  async close(): Promise<void> {
    this.#options.cluster.close();
    await this.#options.close?.();
  }

  /** What is there now. A change that does not come to serve is taken back on the way. */
  async look(name: string): Promise<FoundEndpoint | undefined> {
    const { settings, platform } = this.#options;
    const deployment = await this.objects.find(objectName(name));
    if (!deployment) return undefined;
    const pods = await this.objects.pods(objectName(name));
    const state = endpointState(deployment, pods, settings, Date.now());
    if (!state || state.marks.endpoint !== name)
      throw new SluiceError(
        'EndpointNameTaken',
        `The cluster has a Deployment '${objectName(name)}' that is not the endpoint '${name}' of Sluice.`,
        {
          hint: `Take another name, or another namespace (platforms.${platform}.namespace).`,
        },
      );
    if (!state.toFail) return { deployment, state };
    const { toFail } = state;
    const failing = pods.filter(
      ({ metadata }) => metadata.labels?.[MARKS.configuration] === toFail.configuration,
    );
    const logTail = await endpointTail(this.objects, failing, LOG_TAIL_LINES);
    await this.takeBack({ deployment, state }, { ...toFail, logTail });
    return this.look(name);
  }

  /** @returns false where the endpoint has changed since it was looked at */
  takeBack(found: FoundEndpoint, failed: FailedChange): Promise<boolean> {
    return takeBack(this.objects, found, failed);
  }
}
