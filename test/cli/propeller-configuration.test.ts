import { expect, test } from 'vitest';
import { propellerConfiguration } from '../../src/cli/deploy/connector-documents.ts';
import { isSync } from '../../src/flyte/connector/task-type.ts';
import { flyteTaskTypes } from '../../src/flyte/connector/task-types.ts';

test('Propeller knows every task type that takes its time before it has reached the connector', () => {
  const types = Object.entries(flyteTaskTypes).filter(([, type]) => !isSync(type));
  expect(propellerConfiguration({ name: 'connector', tls: undefined } as never, 'flyte')).toMatchObject({
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
});
