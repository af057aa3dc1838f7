import type { DescribeEndpointOutput, EndpointSummary } from '@aws-sdk/client-sagemaker';
import type { InvokeEndpointCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import type { Account } from '../../core/account.ts';
import type { ObjectStore } from '../../objects/index.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import type { EndpointAnswer } from './invoke-endpoint.ts';
import type { PutEndpoint, PutEndpointOptions } from './put-endpoint.ts';
import type { ShownScaling } from './read-scaling.ts';

/** Endpoints in one place, whatever serves them there; in SageMaker's words. Close it. */
export interface Endpoints {
  /** For messages. */
  readonly where: string;
  /** How often it may be asked, milliseconds. */
  readonly askEveryMs: number;
  /** Whether images have to be in a registry of AWS. */
  readonly isAws: boolean;
  /** Whose endpoints, models and code are. */
  account(): Promise<Account>;
  /** Where models and code go. */
  store(): Promise<ObjectStore>;
  /** The role of models that name none. Undefined: they have to name one. */
  role(account: Account): string | undefined;
  /** Begins to make an endpoint what its spec says. @throws SluiceError `EndpointNameTaken`, `EndpointNotFound` */
  put(spec: EndpointSpec, options: Pick<PutEndpointOptions, 'key' | 'only'>): Promise<PutEndpoint>;
  /** Has the variants of one that is in service follow their load, as its spec says. */
  scale(spec: EndpointSpec): Promise<void>;
  /** Undefined where there is none of the name. */
  find(name: string): Promise<DescribeEndpointOutput | undefined>;
  /** The newest first. */
  list(query: {
    readonly nameContains?: string | undefined;
    readonly limit: number;
  }): Promise<EndpointSummary[]>;
  scaling(name: string, variants: readonly string[]): Promise<ShownScaling[]>;
  /** The last lines of its log; none where it cannot be read. */
  logTail(name: string, count: number): Promise<string[]>;
  /** Where it takes invocations. */
  url(name: string): Promise<string>;
  /** @throws SluiceError `EndpointNotFound`, `ModelFailed` */
  invoke(input: InvokeEndpointCommandInput): Promise<EndpointAnswer>;
  /** Begins to delete one, with what was made for it. @throws SluiceError `EndpointNotFound` */
  delete(name: string, keepsParts?: boolean): Promise<void>;
  close(): Promise<void>;
}
