import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';
import { activate } from '../../harness/python.ts';
import { flytekit } from './flytekit.ts';
import { judge } from './judge.ts';
import { warmUp } from './warm-up.ts';

let connector: ConnectorFixture;
let images: Disposable;
beforeAll(async () => {
  // On this machine the programs of an image are those that are here.
  images = activate(dirname(await flytekit()));
  connector = await startConnector();
  await warmUp(connector.client);
}, 300_000);
afterAll(async () => {
  await connector?.[Symbol.asyncDispose]();
  images?.[Symbol.dispose]();
});

describe.concurrent('functions by flytekit’s plugin for SageMaker, under Propeller', {
  timeout: 400_000,
}, () => {
  test('hand over their values, typed', async ({ expect }) => {
    const judged = await judge({
      workflow: 'aws_functions.functions',
      port: connector.port,
      inputs: { n: 4 },
    });
    expect(judged).toMatchObject({
      error: undefined,
      phase: 'Succeeded',
      outputs: {
        o0: { scalar: { primitive: { floatValue: 4 } } },
        o1: { scalar: { primitive: { stringValue: 'halved' } } },
      },
    });
  });

  test('one that raises is failed at once, with what it has raised', async ({ expect }) => {
    const judged = await judge({
      workflow: 'aws_functions.functions',
      port: connector.port,
      inputs: { n: -1 },
    });
    expect(judged.phase).toBe('Failed');
    expect(judged.error?.message).toContain('nothing is doubled below zero');
  });
});
