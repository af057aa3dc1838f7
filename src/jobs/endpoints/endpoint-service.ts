import type {
  CreateEndpointConfigInput,
  CreateEndpointInput,
  DescribeEndpointOutput,
  UpdateEndpointInput,
  UpdateEndpointWeightsAndCapacitiesInput,
} from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../../contract/arns.ts';
import { type ModelContainers, modelContainers } from '../../contract/model-containers.ts';
import { SluiceError } from '../../core/errors.ts';
import {
  claimEndpoint,
  createEndpoint,
  deleteScalableTarget,
  type EndpointDeployment,
  type EndpointFilter,
  type EndpointRecord,
  findWorker,
  getEndpoint,
  getResource,
  listEndpoints,
  listEndpointTargets,
  type Worker,
  workerOf,
} from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import type { ModelService } from '../models.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import { Endpoint } from './endpoint.ts';
import {
  endpointBusy,
  endpointConfigNotFound,
  endpointNameTaken,
  endpointNotFound,
} from './endpoint-errors.ts';
import { EndpointLogs, endpointDirectory } from './endpoint-logs.ts';
import { EndpointMetrics } from './endpoint-metrics.ts';
import type { EndpointLimits } from './limits.ts';
import {
  checkServed,
  type KeptProperties,
  keptProperties,
  planDeployment,
  withWeightsAndCapacities,
} from './plan-deployment.ts';
import type { TrafficRoute } from './route.ts';
import { Autoscaler } from './scaling/autoscaler.ts';
import { parseScalingResource } from './scaling/scaling-resource.ts';

/** The endpoints of one home. One process serves them: the one that has called {@link resume} or created them. */
export class EndpointService {
  readonly #context: JobsContext;
  readonly #models: ModelService;
  readonly #limits: EndpointLimits;
  readonly #worker: Worker;
  readonly #serving = new Map<string, Endpoint>();
  /** What endpoints have written. */
  readonly logs: EndpointLogs;
  /** What invocations come to. */
  readonly metrics: EndpointMetrics;
  /** Scales what is served, once {@link resume} was called. */
  readonly autoscaler: Autoscaler;
  #closed = false;

  constructor(context: JobsContext, models: ModelService, limits: EndpointLimits) {
    this.#context = context;
    this.#models = models;
    this.#limits = limits;
    this.#worker = workerOf(context.state);
    this.#worker.onLost((worker) => {
      for (const endpoint of this.#serving.values())
        if (endpoint.record.lease.worker === worker) endpoint.lose();
    });
    this.logs = new EndpointLogs(context, (name) => this.serverOf(name));
    this.metrics = new EndpointMetrics(context.state, context.clock);
    this.autoscaler = new Autoscaler({
      state: context.state,
      clock: context.clock,
      flush: () => this.metrics.flush(),
      served: (name) => this.#serving.get(name)?.record,
      setInstances: (endpoint, variant, count) => this.#setInstances(endpoint, variant, count),
    });
  }

  /** What endpoints are given time and room for. */
  get limits(): EndpointLimits {
    return this.#limits;
  }

  /**
   * Starts what was in service when its worker ended, and goes on with what was under way. What another worker serves
   * stays with it.
   *
   * @returns the names of the endpoints that were taken up.
   */
  async resume(): Promise<string[]> {
    this.autoscaler.start();
    const names: string[] = [];
    let after: EndpointFilter['after'];
    do {
      const page: EndpointRecord[] = await listEndpoints(this.#context.state, { sortBy: 'name', after });
      const open = page.filter(({ name, status }) => status !== 'Failed' && !this.#serving.has(name));
      const taken = await Promise.all(open.map((record) => this.#claim(record)));
      names.push(...taken.flatMap((endpoint) => endpoint?.record.name ?? []));
      const last = page.at(-1);
      after = last && { value: last.name, name: last.name };
    } while (after);
    return names;
  }

  /** Begins to create an endpoint. Resolves with its ARN once that is committed. @throws SluiceError */
  async create(request: CreateEndpointInput): Promise<string> {
    const name = request.EndpointName as string;
    const arn = this.#arn(name);
    const pending = await this.#plan(request.EndpointConfigName as string);
    const now = this.#context.clock().getTime();
    const record: EndpointRecord = {
      name,
      arn,
      status: 'Creating',
      createdAt: now,
      modifiedAt: now,
      request,
      progress: { pending, processes: [], deploymentConfig: request.DeploymentConfig },
      lease: { worker: await this.#worker.join(), fence: 1 },
    };
    if (!(await createEndpoint(this.#context.state, record))) throw endpointNameTaken(arn);
    await this.#take(record).resume();
    return arn;
  }

  /** What DescribeEndpoint answers. @throws SluiceError `EndpointNotFound` */
  async describe(name: string): Promise<DescribeEndpointOutput> {
    return describeEndpoint(await this.#record(name));
  }

  /** Records, filtered and sorted as ListEndpoints does. */
  list(filter: EndpointFilter = {}): Promise<EndpointRecord[]> {
    return listEndpoints(this.#context.state, filter);
  }

  /** Begins to change to another configuration; the old one serves until the new one is healthy. @throws SluiceError */
  async update(request: UpdateEndpointInput): Promise<string> {
    const endpoint = await this.#idle(request.EndpointName as string);
    const kept = keptProperties(request, endpoint.record.progress.current);
    const pending = await this.#plan(request.EndpointConfigName as string, kept);
    await this.#expectUnscaled(endpoint.record, pending);
    const { deploymentConfig: last } = endpoint.record.progress;
    const deploymentConfig = request.DeploymentConfig ?? (request.RetainDeploymentConfig ? last : undefined);
    return this.#change(endpoint, pending, { deploymentConfig });
  }

  /** Begins to change weights and numbers of instances. @throws SluiceError */
  async updateWeightsAndCapacities(request: UpdateEndpointWeightsAndCapacitiesInput): Promise<string> {
    const endpoint = await this.#idle(request.EndpointName as string);
    const { arn, progress } = endpoint.record;
    const desired = request.DesiredWeightsAndCapacities ?? [];
    const pending = withWeightsAndCapacities(progress.current as EndpointDeployment, desired, arn);
    return this.#change(endpoint, pending, {});
  }

  /** Begins to end an endpoint. @throws SluiceError `EndpointNotFound`, `EndpointBusy` */
  async delete(name: string): Promise<void> {
    const endpoint = await this.#endpoint(name);
    const { status, arn } = endpoint.record;
    if (status !== 'InService' && status !== 'Failed') throw endpointBusy(arn);
    await endpoint.delete();
    for (const { resource } of await listEndpointTargets(this.#context.state, name))
      await deleteScalableTarget(this.#context.state, resource);
  }

  /** Where the invocations of an endpoint go; undefined for one that is not in service. */
  route(name: string): TrafficRoute | undefined {
    return this.#serving.get(name)?.route;
  }

  /** Resolves once the change of an endpoint that is under way has come to its end. */
  async settled(name: string): Promise<void> {
    await this.#serving.get(name)?.settled;
  }

  /** Where the server is reached that serves an endpoint in place of this process; undefined where none does. */
  async serverOf(name: string): Promise<string | undefined> {
    const { peers, state } = this.#context;
    if (!peers || this.#serving.has(name)) return undefined;
    const record = await getEndpoint(state, name);
    return record && peers.urlOf(await findWorker(state, record.lease));
  }

  /** Ends the servers that this process runs; the endpoints stay as they are, for the next start. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const scaled = this.autoscaler.close();
    await Promise.all([...this.#serving.values()].map((endpoint) => endpoint.close()));
    await scaled;
    await this.metrics.flush();
  }

  /** Resolves once the change has come to its end. @throws SluiceError where it was refused or has failed */
  async #setInstances(endpoint: string, variant: string, count: number): Promise<void> {
    const desired = [{ VariantName: variant, DesiredInstanceCount: count }];
    await this.updateWeightsAndCapacities({ EndpointName: endpoint, DesiredWeightsAndCapacities: desired });
    await this.settled(endpoint);
    const { progress } = await this.#record(endpoint);
    const now = progress.current?.variants.find(({ name }) => name === variant);
    if (now?.instances.length === count) return;
    throw new SluiceError(
      'EndpointBusy',
      progress.failureReason ?? 'The endpoint has been changed meanwhile.',
    );
  }

  /** @throws SluiceError `InvalidArgument` where a variant that is scaled goes, or gets another instance type */
  async #expectUnscaled({ name, progress }: EndpointRecord, pending: EndpointDeployment): Promise<void> {
    const targets = await listEndpointTargets(this.#context.state, name);
    const scaled = targets.flatMap(({ resource }) => parseScalingResource(resource)?.variant ?? []);
    const typeIn = (deployment: EndpointDeployment | undefined, variant: string) =>
      deployment?.variants.find((each) => each.name === variant)?.configured.InstanceType;
    const changed = scaled.filter(
      (variant) => typeIn(progress.current, variant) !== typeIn(pending, variant),
    );
    if (changed.length === 0) return;
    throw new SluiceError(
      'InvalidArgument',
      `The variant(s) "[${changed.join(', ')}]" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.`,
    );
  }

  #take(record: EndpointRecord): Endpoint {
    const { name } = record;
    const endpoint = new Endpoint({
      context: this.#context,
      limits: this.#limits,
      record,
      directory: endpointDirectory(this.#context, name),
      onGone: () => {
        if (this.#serving.get(name) === endpoint) this.#serving.delete(name);
      },
    });
    this.#serving.set(name, endpoint);
    return endpoint;
  }

  async #change(
    endpoint: Endpoint,
    pending: EndpointDeployment,
    more: Parameters<Endpoint['change']>[1],
  ): Promise<string> {
    // Another request may have been quicker while this one read its configuration.
    if (endpoint.record.status !== 'InService') throw endpointBusy(endpoint.record.arn);
    await endpoint.change(pending, more);
    return endpoint.record.arn;
  }

  /** An endpoint that may be changed. */
  async #idle(name: string): Promise<Endpoint> {
    const endpoint = await this.#endpoint(name);
    const { status, arn } = endpoint.record;
    if (status === 'InService') return endpoint;
    if (status !== 'Failed') throw endpointBusy(arn);
    throw new SluiceError('InvalidArgument', `Cannot update endpoint "${arn}" in status Failed.`, {
      hint: 'An endpoint that has failed can only be deleted.',
    });
  }

  async #endpoint(name: string): Promise<Endpoint> {
    const serving = this.#serving.get(name);
    if (serving) return serving;
    const record = await getEndpoint(this.#context.state, name);
    if (!record || this.#closed) throw endpointNotFound(this.#arn(name));
    // Nobody has called resume, or another process has created it.
    const known = this.#serving.get(name);
    if (known) return known;
    const endpoint = await this.#claim(record);
    if (endpoint) return endpoint;
    const server = await this.serverOf(name);
    throw new SluiceError('EndpointBusy', `Endpoint "${this.#arn(name)}" is served by another process.`, {
      hint: 'Ask the server that serves it, or try again once that has ended.',
      details: { server },
    });
  }

  /** Takes up an endpoint whose worker is away or gone. Undefined where another one serves it. */
  async #claim(record: EndpointRecord): Promise<Endpoint | undefined> {
    const worker = await this.#worker.join();
    const roster = await this.#worker.roster();
    const own = record.lease.worker === worker;
    if (!own && roster.isHeld(record.lease)) return undefined;
    const holder = own ? undefined : roster.worker(record.lease);
    const claimed = await claimEndpoint(this.#context.state, record, holder, worker);
    if (!claimed) return undefined;
    const endpoint = this.#take(claimed);
    await endpoint.resume();
    return endpoint;
  }

  async #record(name: string): Promise<EndpointRecord> {
    const record = this.#serving.get(name)?.record ?? (await getEndpoint(this.#context.state, name));
    if (record) return record;
    throw endpointNotFound(this.#arn(name));
  }

  async #plan(configName: string, kept?: KeptProperties): Promise<EndpointDeployment> {
    const found = await getResource<CreateEndpointConfigInput>(
      this.#context.state,
      'endpoint-config',
      configName,
    );
    if (!found) {
      throw endpointConfigNotFound(resourceArn(this.#context.account, 'endpoint-config', configName));
    }
    const config = found.request;
    checkServed(config);
    const models: ModelContainers[] = [];
    for (const { ModelName: model } of config.ProductionVariants ?? [])
      models.push(modelContainers((await this.#models.get(model as string)).request));
    return planDeployment({ config, models, kept, startedAt: this.#context.clock().getTime() });
  }

  #arn(name: string): string {
    return resourceArn(this.#context.account, 'endpoint', name);
  }
}
