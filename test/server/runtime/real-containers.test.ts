// Needs: podman
import { type ContainerDefinition, CreateModelCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../../src/contract/images.ts';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import { createContainerExecutor } from '../../../src/executors/index.ts';
import { IMAGE, openPodman } from '../../harness/containers.ts';
import { archive, deploy, eventually, invoke } from '../../harness/endpoints.ts';
import { openRuntime } from './harness.ts';

const podman = await openPodman();
afterAll(() => podman[Symbol.asyncDispose]());

const FILES = {
  'code/package.json': '{"type":"module"}',
  'code/inference.ts': `
    import { readFileSync } from 'node:fs';
    export const modelFn = (directory) => readFileSync(directory + '/word.txt', 'utf8');
    export const predictFn = (input, word) => ({ name: word, input });`,
};

test('containers of a pipeline and of many models run in the images of an engine', async () => {
  const executor = createContainerExecutor();
  const images = [{ pattern: NODE_IMAGE, directory: '/', container: IMAGE }];
  {
    await using fixture = await openRuntime({
      executor,
      containers: executor,
      configuration: { ...DEFAULT_CONFIGURATION, images },
      endpointLimits: { stopGraceMs: 5_000 },
    });
    const { store, bucket, client } = fixture;
    for (const word of ['one', 'two'])
      await store.put(bucket, `many/${word}.tar.gz`, await archive({ ...FILES, 'word.txt': word }));
    const role = { ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test' };
    const container = (path: string): ContainerDefinition => ({
      Image: NODE_IMAGE,
      ModelDataUrl: `s3://${bucket}/many/${path}`,
    });
    const PrimaryContainer = { ...container(''), Mode: 'MultiModel' as const };
    await client.send(new CreateModelCommand({ ModelName: 'many', PrimaryContainer, ...role }));
    const Containers = [container('one.tar.gz'), container('two.tar.gz')];
    await client.send(new CreateModelCommand({ ModelName: 'piped', Containers, ...role }));
    const apart = { PrimaryContainer: container('one.tar.gz'), EnableNetworkIsolation: true };
    await client.send(new CreateModelCommand({ ModelName: 'apart', ...apart, ...role }));
    await Promise.all(
      ['many', 'piped', 'apart'].map((name) => deploy(fixture, name, [{ VariantName: name }])),
    );

    expect(await invoke(fixture, 'piped', { x: 1 })).toMatchObject({
      name: 'two',
      input: { name: 'one', input: { x: 1 } },
    });
    expect(await invoke(fixture, 'apart', { x: 1 })).toMatchObject({ name: 'one', input: { x: 1 } });
    const [one, two] = [{ TargetModel: 'one.tar.gz' }, { TargetModel: 'two.tar.gz' }];
    expect(await invoke(fixture, 'many', {}, one)).toMatchObject({ name: 'one' });
    expect(await invoke(fixture, 'many', {}, two)).toMatchObject({ name: 'two' });
    // The next container of the instance finds its models, too.
    const [instance] = fixture.api.jobs.jobs.endpoints.route('many')?.variant('many')?.instances ?? [];
    podman.run('kill', '--signal', 'KILL', ...containersOf(instance?.id as string));
    expect(await eventually(() => invoke(fixture, 'many', {}, two))).toMatchObject({ name: 'two' });
  }
  podman.expectNothingLeft();
}, 240_000);

function containersOf(instance: string): string[] {
  return podman.run('ps', '--quiet', '--filter', `label=sluice.host=${instance}`).split('\n');
}
