// Needs: python
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileGraph, digestsOnly, findProject } from '../../src/bundles/index.ts';
import { graphHash, parseGraph } from '../../src/graph/index.ts';
import {
  batchTransformTask,
  endpointTask,
  integer,
  json,
  processingTask,
  trainingTask,
  uri,
  workflow,
} from '../../src/index.ts';
import { pythonWith } from '../harness/python.ts';
import { pythonPackage, runPytest, runPython } from '../harness/python-package.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'python-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('the tests of the package pass', { timeout: 600_000 }, async () => {
  const { code, stdout, stderr } = await runPytest(['']);
  expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
});

const STEPS = {
  'steps/prepare.py': 'print("prepare")\n',
  'steps/lib/helper.py': '',
  'steps/lib/run.sh': '#!/bin/sh\n',
  'train.py': 'print("train")\n',
  'requirements.txt': 'numpy\n',
};

const PIPELINE = `
import json
from pathlib import Path
from sluice import batch_transform_task, endpoint_task, processing_task, training_task, workflow

prepare = processing_task(
    name="prepare", script="prepare.py", source_dir="steps", instance_type="ml.m5.large",
    inputs={"raw": {"InputMode": "File"}}, outputs=["parts", "report"], parameters={"rows": int},
    property_files={"metrics": ("report", "metrics.json")}, arguments=["--fast"], environment={"A": "b"},
)
train = training_task(
    name="train", script="train.py", instance_type="ml.m5.xlarge", framework="scikit-learn", framework_version="1.2-1",
    channels={"train": {"ContentType": "text/csv"}, "extra": "s3://bucket/extra"}, hyperparameters={"epochs": 3},
    metric_definitions={"loss": "loss=(.*)"}, use_spot_instances=True, max_runtime_seconds=3600, max_wait_seconds=7200,
    checkpoint={"s3_uri": "s3://bucket/checkpoints"}, retries=2, tags={"team": "ml"},
)
serve = endpoint_task(
    name="serve", script="train.py", instance_type="ml.m5.large", endpoint_name="live",
    scaling={"min_instance_count": 1, "max_instance_count": 3, "invocations_per_instance": 100},
)
predict = batch_transform_task(
    name="predict", script="train.py", instance_type="ml.m5.large", strategy="SingleRecord", max_payload_mb=6,
    content_type="text/csv", split_type="Line", assemble_with="Line", max_concurrent_transforms=2,
)

@workflow(name="flow")
def flow(data: Path = "data", rows: int = 10):
    parts = prepare(raw=data, rows=rows)
    trained = train(train=parts.parts, hyperparameters={"rows": rows, "lr": 0.5})
    again = train.node("again", after=[trained])(train=parts.parts)
    scores = predict(model=again.model, input=data)
    serve(model=again.model)
    return {"scores": scores, "metrics": parts.metrics}

print(json.dumps(flow.graph))
`;

it('a pipeline is the same graph in Python and in TypeScript, and its code the same bundles', async () => {
  for (const [name, text] of Object.entries(STEPS)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
  }
  await writeFile(join(directory, 'pipeline.py'), PIPELINE);
  const { stdout, stderr } = await runPython(['pipeline.py'], { cwd: directory });
  expect(stderr).toBe('');
  const python = JSON.parse(stdout);
  const at = (path: string) => join(directory, path);
  const prepare = processingTask('prepare', {
    script: 'prepare.py',
    sourceDir: at('steps'),
    instanceType: 'ml.m5.large',
    inputs: { raw: { inputMode: 'File' } },
    outputs: ['parts', 'report'],
    parameters: { rows: integer() },
    propertyFiles: { metrics: json({ outputName: 'report', path: 'metrics.json' }) },
    arguments: ['--fast'],
    environment: { A: 'b' },
  });
  const train = trainingTask('train', {
    script: at('train.py'),
    instanceType: 'ml.m5.xlarge',
    framework: 'scikit-learn',
    frameworkVersion: '1.2-1',
    channels: { train: { contentType: 'text/csv' }, extra: 's3://bucket/extra' },
    hyperparameters: { epochs: 3 },
    metricDefinitions: { loss: 'loss=(.*)' },
    useSpotInstances: true,
    maxRuntimeInSeconds: 3600,
    maxWaitTimeInSeconds: 7200,
    checkpoint: { s3Uri: 's3://bucket/checkpoints' },
    retries: 2,
    tags: { team: 'ml' },
  });
  const predict = batchTransformTask('predict', {
    script: at('train.py'),
    instanceType: 'ml.m5.large',
    strategy: 'SingleRecord',
    maxPayloadInMB: 6,
    contentType: 'text/csv',
    splitType: 'Line',
    assembleWith: 'Line',
    maxConcurrentTransforms: 2,
  });
  const live = endpointTask('serve', {
    script: at('train.py'),
    instanceType: 'ml.m5.large',
    endpointName: 'live',
    scaling: { minInstanceCount: 1, maxInstanceCount: 3, invocationsPerInstance: 100 },
  });
  const flow = workflow(
    'flow',
    { inputs: { data: uri({ default: `file://${at('data')}` }), rows: integer({ default: 10 }) } },
    ({ data, rows }) => {
      const parts = prepare({ raw: data, rows });
      const trained = train({ train: parts.parts, hyperparameters: { rows, lr: 0.5 } });
      const again = train({ train: parts.parts }, { name: 'again', after: [trained] });
      const scores = predict({ model: again.model, input: data }).output;
      live({ model: again.model });
      return { scores, metrics: parts.metrics };
    },
  );
  const compile = async (graph: typeof flow.graph) =>
    compileGraph({ graph, place: await findProject(at('pipeline.py')), bundles: digestsOnly });
  const [ours, theirs] = [await compile(flow.graph), await compile(python)];
  const shown = ({ file: _file, description: _description, ...graph }: typeof ours) => ({
    ...graph,
    tasks: Object.fromEntries(
      Object.entries(graph.tasks).map(([name, { file: _line, ...task }]) => [name, task]),
    ),
  });
  expect(shown(theirs)).toEqual(shown(ours));
  expect(graphHash(await parseGraph(JSON.stringify(theirs)))).toBe(graphHash(ours));
});

it('both wheels are built and hold what belongs to them', { timeout: 300_000 }, async () => {
  const environment = await pythonWith('hatchling', 'pathspec');
  const built = join(directory, 'wheels');
  await promisify(execFile)(join(environment, 'bin', 'pip'), [
    'wheel',
    '--quiet',
    '--no-deps',
    '--no-build-isolation',
    '--wheel-dir',
    built,
    pythonPackage,
    join(pythonPackage, 'compat'),
  ]);
  const wheels = (await readdir(built)).sort();
  expect(wheels).toEqual(['sluice-0.1.0-py3-none-any.whl', 'sluice_compat-0.1.0-py3-none-any.whl']);
  const list = 'import sys, zipfile; print("\\n".join(sorted(zipfile.ZipFile(sys.argv[1]).namelist())))';
  const contents = await Promise.all(
    wheels.map((name) => promisify(execFile)('python3', ['-c', list, join(built, name)])),
  );
  expect(contents[0]?.stdout).toContain('sluice/py.typed');
  expect(contents[0]?.stdout).toContain('sluice/job/runner.py');
  expect(contents[0]?.stdout).not.toContain('tests/');
  for (const file of ['sluice/remote/processing.sh', 'sluice/remote/ecr/processing/latest/Dockerfile'])
    expect(contents[0]?.stdout).toContain(file);
  expect(contents[1]?.stdout).toContain('cdao_sdk/decorators.py');
  expect(contents[1]?.stdout).toContain('aws_sagemaker_remote/processing/args.py');
  expect(contents[1]?.stdout).toContain('.data/scripts/sagemaker-pipe.py');
  expect(contents[1]?.stdout).not.toMatch(/^sluice\//m);
});
