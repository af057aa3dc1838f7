import { DEFAULT_ACCOUNT } from '../../../../src/core/account.ts';
import { Allowances } from '../../../../src/flyte/connector/allowances.ts';
import { closeAwsAccesses } from '../../../../src/flyte/connector/aws/aws-accesses.ts';
import type { FlyteTask } from '../../../../src/flyte/connector/flyte-task.ts';
import type { LiteralMap, TaskTemplate } from '../../../../src/flyte/connector/messages.ts';
import type {
  AsyncTaskType,
  ConnectorContext,
  TaskState,
} from '../../../../src/flyte/connector/task-type.ts';
import type { Json } from '../../../../src/graph/index.ts';
import type { Home } from '../../../../src/home/index.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', HOME: '/nowhere' };

/** What task types work with, over an endpoint of SageMaker's. Dispose of it. */
export interface ContextFixture extends AsyncDisposable {
  readonly context: ConnectorContext;
  /** Moves its clock on. */
  later(ms: number): void;
}

/** Makes it. The parts of a home that no type here uses are missing. */
export function contextOver(endpoint: string, more: object = {}): ContextFixture {
  let ahead = 0;
  const settings = { endpoint, region: 'us-east-1', ...more };
  const home = {
    account: DEFAULT_ACCOUNT,
    configuration: { platforms: { sagemaker: settings, emr: settings } },
  } as unknown as Home;
  const context = {
    home,
    allowances: new Allowances(undefined, 'default'),
    environment: CREDENTIALS,
    clock: () => new Date(Date.now() + ahead),
    log: () => undefined,
  } as unknown as ConnectorContext;
  return {
    context,
    later: (ms) => {
      ahead += ms;
    },
    [Symbol.asyncDispose]: () => closeAwsAccesses(home),
  };
}

/** A task as the connector reads it. */
export function flyteTask(
  config: Json,
  {
    attempt = 0,
    inputs = {},
    ...more
  }: Partial<Omit<FlyteTask, 'attempt'>> & { readonly attempt?: number } = {},
): FlyteTask {
  return {
    type: 'any',
    name: 'tests.task',
    attempt: { project: 'p', domain: 'd', execution: 'e', node: 'n0', retryAttempt: attempt },
    interruptible: false,
    custom: { config },
    inputs,
    literals: { literals: {} } satisfies LiteralMap,
    outputs: {},
    container: undefined,
    outputPrefix: 's3://flyte/out',
    template: {} satisfies TaskTemplate,
    ...more,
  };
}

/** Asks until the task has ended. */
export async function ended(
  type: AsyncTaskType,
  handle: Json,
  context: ConnectorContext,
): Promise<TaskState> {
  for (;;) {
    const state = await type.get(handle, context);
    if (/SUCCEEDED|FAILED|ABORTED/.test(state.phase)) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
