import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl, testCluster } from '../harness/kubernetes.ts';
import { type ProgramResult, sluice } from '../harness/sluice.ts';

const NAMESPACE = `deploy-${process.pid}`;

let cwd: string;
let environment: Record<string, string>;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-deploy-'));
  const { kube, kubeconfig } = testCluster();
  // kubectl alone: roles are left.
  await writeFile(join(cwd, 'kubectl'), `#!/bin/sh\nexec '${kube}' kubectl "$@"\n`, { mode: 0o755 });
  environment = { KUBECONFIG: kubeconfig, PATH: `${cwd}:/bin` };
  await writeFile(
    join(cwd, 'plugins.yaml'),
    'plugins:\n  sagemaker:\n    region: us-east-1\n    execution-role: arn:aws:iam::123456789012:role/Exec\n',
  );
  await writeFile(
    join(cwd, 'deploy.yaml'),
    `
namespace: ${NAMESPACE}
account: "123456789012"
plugins: plugins.yaml
agent: { image: registry.example.com/sluice:1.0, secret: sluice-keys }
connector:
  image: registry.example.com/sluice:1.0
  secret: sluice-database
  replicas: 2
  tls: sluice-connector-tls
  allow: [{ project: demo, domain: development, buckets: [raw-data] }]
serviceAccounts: { flytepropeller: propeller }
`,
  );
});
afterAll(async () => {
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found']);
  await rm(cwd, { recursive: true, force: true });
});

const deploy = (...more: string[]): Promise<ProgramResult> =>
  sluice(['deploy', 'deploy.yaml', ...more], { cwd, home: join(cwd, 'home'), environment });

test('a cluster takes what deploy writes: looked at, applied, and the same again changes nothing', {
  timeout: 300_000,
}, async () => {
  const first = await deploy('--dry-run');
  expect(first.stdout).toContain(`cluster: looked at (there is no namespace '${NAMESPACE}' yet`);
  expect(first.stderr).toContain('deployment.apps/sluice-agent created (dry run)');
  const applied = await deploy();
  expect(applied).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('cluster: applied') as string,
  });
  expect(applied.stderr).toContain('deployment.apps/sluice-connector created');
  const again = await deploy();
  expect(again.code).toBe(0);
  const told = again.stderr.split('\n').filter((line) => /^[a-z.0-9]+\/[a-z-]+ /.test(line));
  expect(told.length).toBeGreaterThan(8);
  expect(told.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  const looked = await deploy('--dry-run');
  expect(looked.stdout).toMatch(/^cluster: looked at$/m);
  expect(looked.stderr).not.toMatch(/^[+-]/m);
});
