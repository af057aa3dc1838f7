import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';
import { packageOf } from './admin-package.ts';
import { pyflyte } from './pyflyte.ts';

const run = promisify(execFile);
const example = fileURLToPath(new URL('../../../examples/flyte', import.meta.url));

const FLOW = `
from sluice.flyte import processing_task, training_task, workflow

@processing_task(instance_type="ml.m5.xlarge")
def twice(x: int) -> int:
    return 2 * x

@training_task(use_spot_instances=True)
def fit(x: int) -> str:
    return "/opt/ml/model/model.txt"

@workflow
def one(x: int = 4) -> str:
    return fit(x=twice(x=x))
`;

const PLACE = ['--project', 'flytesnacks', '--domain', 'development', '--image', 'x:1'];

let home: string;
let fake: FakeFlyteAdmin;
let config: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pyflyte-'));
  fake = await FakeFlyteAdmin.start();
  config = join(home, 'config.yaml');
  await writeFile(config, `admin:\n  endpoint: dns:///${fake.endpoint}\n  insecure: true\n`);
});
afterAll(async () => {
  await fake?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Has Propeller's compiler take a workflow as FlyteAdmin was given it. */
async function compiled(workflow: string): Promise<unknown> {
  const options = ['-compile', '-pkg', await packageOf(fake, home), '-workflow', workflow];
  const { stdout } = await run(process.env['SLUICE_TEST_FLYTE'] ?? '', options);
  return JSON.parse(stdout);
}

test('pyflyte register brings the guide’s pipeline with its GPU task to FlyteAdmin, as Propeller compiles it', {
  timeout: 600_000,
}, async () => {
  const directory = join(home, 'workflows');
  await cp(example, directory, { recursive: true });
  await pyflyte({ cwd: directory, home, args: ['--config', config, 'register', ...PLACE, '.'] });
  const tasks = fake
    .registered('TASK')
    .map(({ id, spec }) => [id.name.split('.').at(-1), spec.template.type]);
  expect(Object.fromEntries(tasks)).toEqual({
    preprocess_data_sagemaker: 'sluice_processing',
    train_model_sagemaker: 'sluice_training',
    batch_predict_sagemaker: 'sluice_batch_transform',
    evaluate_predictions_sagemaker: 'sluice_processing',
    train_deep_learning_model_sagemaker: 'sluice_training',
  });
  const [workflow] = fake.registered('WORKFLOW');
  expect(await compiled(workflow.id.name)).toMatchObject({ event: 'compiled', nodes: 6 });
});

test('pyflyte run --remote registers a workflow and launches it with its inputs', {
  timeout: 600_000,
}, async () => {
  const directory = join(home, 'remote');
  await mkdir(directory);
  await writeFile(join(directory, 'flow.py'), FLOW);
  const args = ['--config', config, 'run', '--remote', ...PLACE, 'flow.py', 'one', '--x', '5'];
  expect(await pyflyte({ cwd: directory, home, args })).toContain('/console/projects/flytesnacks/');
  const [execution] = fake.executions.values();
  expect(execution.inputs.literals.x.scalar.primitive.integer).toBe('5');
  expect(execution.spec.launchPlan.name).toBe('flow.one');
  expect(await compiled('flow.one')).toMatchObject({ event: 'compiled', nodes: 4 });
});
