import { type Database, getEndpoint, getJob, getResource } from '../../state/index.ts';
import type { AccessKey } from '../wire/keyring.ts';

/** The name of the role that a job or the model servers of an endpoint run as; undefined where none is known. */
export async function roleOfHolder(
  state: Database,
  { name }: Pick<AccessKey, 'name'>,
): Promise<string | undefined> {
  const split = name.indexOf('/');
  const [type, holder] = [name.slice(0, split), name.slice(split + 1)];
  const arn = await roleArn(state, type, holder);
  return arn?.slice(arn.lastIndexOf('/') + 1);
}

async function roleArn(state: Database, type: string, name: string): Promise<string | undefined> {
  if (type === 'endpoint') {
    const endpoint = await getEndpoint(state, name);
    const config = endpoint?.request.EndpointConfigName;
    const found = config && (await getResource<ConfigRequest>(state, 'endpoint-config', config));
    const model = found ? found.request.ProductionVariants?.[0]?.ModelName : undefined;
    return model === undefined ? undefined : modelRole(state, model);
  }
  const job = await getJob(state, type as 'training', name);
  const { RoleArn: role, ModelName: model } = (job?.request ?? {}) as JobRequest;
  return role ?? (model === undefined ? undefined : modelRole(state, model));
}

async function modelRole(state: Database, name: string): Promise<string | undefined> {
  const model = await getResource<{ readonly ExecutionRoleArn?: string }>(state, 'model', name);
  return model?.request.ExecutionRoleArn;
}

interface JobRequest {
  readonly RoleArn?: string;
  readonly ModelName?: string;
}

interface ConfigRequest {
  readonly ProductionVariants?: readonly { readonly ModelName?: string }[];
}
