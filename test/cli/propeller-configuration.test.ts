import { expect, test } from 'vitest';
import { propellerConfiguration } from '../../src/cli/deploy/connector-documents.ts';
import type { PlatformsSettings } from '../../src/core/platforms-settings.ts';
import { isSync } from '../../src/flyte/connector/task-type.ts';
import { flyteTaskTypes } from '../../src/flyte/connector/task-types.ts';

test.each<PlatformsSettings>([{}, { batch: { jobQueue: 'jobs' } }])(
  'with %j Propeller knows every task type that takes its time before it has reached the connector',
  (platforms) => {
    const types = Object.entries(flyteTaskTypes(platforms)).filter(([, type]) => !isSync(type));
    const deployment = { namespace: 'flyte', platforms };
    expect(propellerConfiguration({ name: 'connector', tls: undefined } as never, deployment)).toMatchObject({
      plugins: {
        'connector-service': {
          supportedTaskTypes: types.map(([name]) => name),
          defaultConnector: {
            endpoint: 'dns:///connector.flyte.svc.cluster.local:8000',
            insecure: true,
            defaultTimeout: '10s',
          },
        },
      },
    });
  },
);
