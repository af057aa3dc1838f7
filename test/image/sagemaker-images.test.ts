// Needs: podman, python
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { importBase, openPodman } from '../harness/containers.ts';
import { temporaryDirectories } from '../harness/sluice.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporaryDirectory = temporaryDirectories();
const BASE = 'localhost/sluice-base:1';

const MODELS = {
  node: [
    'inference.mjs',
    'export const modelFn = () => 2;\nexport const predictFn = (data, model) => ({ twice: data.value * model });\n',
  ],
  python: [
    'inference.py',
    `import json
def model_fn(directory):
    return 2
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    return {"twice": data["value"] * model}
def output_fn(result, accept):
    return json.dumps(result), accept
`,
  ],
} as const;

test('the images for SageMaker are built from the package, and serve models as it starts them', {
  timeout: 600_000,
}, async () => {
  await using podman = await openPodman();
  importBase(podman.run, BASE);
  for (const [name, [program, source]] of Object.entries(MODELS)) {
    const file = join(root, `packaging/sagemaker/${name}.Dockerfile`);
    const image = `localhost/sluice-${name}:1`;
    podman.run(
      'build',
      '--isolation',
      'chroot',
      '--build-arg',
      `BASE=${BASE}`,
      '--file',
      file,
      '--tag',
      image,
      root,
    );
    const model = await temporaryDirectory();
    await mkdir(join(model, 'code'));
    await writeFile(join(model, 'code', program), source);
    const variables = [`SAGEMAKER_PROGRAM=${program}`, 'SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code'];
    podman.run(
      'run',
      '--detach',
      '--name',
      name,
      ...variables.flatMap((each) => ['--env', each]),
      '--volume',
      `${model}:/opt/ml/model`,
      image,
      'serve',
    );
    const sh = (command: string) => podman.run('exec', name, 'sh', '-c', command);
    sh('for n in $(seq 300); do wget -q -O - http://127.0.0.1:8080/ping && exit 0; sleep 0.2; done; exit 1');
    const answer = sh(
      `wget -q -O - --header 'Content-Type: application/json' --header 'Accept: application/json' --post-data '{"value": 21}' http://127.0.0.1:8080/invocations`,
    );
    expect(JSON.parse(answer)).toEqual({ twice: 42 });
    podman.run('rm', '--force', '--time', '10', name);
  }
});
