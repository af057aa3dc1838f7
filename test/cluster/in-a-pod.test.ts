/** Sluice in a pod of the cluster that runs its jobs: by the account of the pod, with the rights of the guide. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_IMAGE } from '../harness/cluster-images.ts';
import { IMAGE } from '../harness/containers.ts';
import { type JobsNamespace, kubectl, openJobsNamespace } from '../harness/kubernetes.ts';

const WORKFLOW = `
import { trainingTask, workflow } from 'sluice';
const command = ['sh', '-c', 'echo trained > /opt/ml/model/m'];
const train = trainingTask('train', { image: '${IMAGE}', command, instanceType: 'ml.m5.large' });
export default workflow('in-a-pod', { inputs: {} }, () => ({ model: train({}).model }));
`;
const SCRIPT = `
export SLUICE_HOME=/tmp/home
mkdir -m 700 $SLUICE_HOME && cp /files/config.yaml $SLUICE_HOME && cp /files/workflow.ts /tmp
node /opt/sluice/bin/sluice.cjs doctor
node /opt/sluice/bin/sluice.cjs run /tmp/workflow.ts --platform kubernetes
`;

let namespace: JobsNamespace;
beforeAll(async () => {
  namespace = await openJobsNamespace();
}, 300_000);
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
});

/** The Role for whoever submits jobs, as the guide has it. */
async function roleOfGuide(): Promise<string> {
  const guide = await readFile(join(import.meta.dirname, '../../docs/kubernetes.md'), 'utf8');
  const [, role] = /```yaml\n(apiVersion: rbac[^`]*name: sluice, [^`]*)```/.exec(guide) ?? [];
  return (role ?? '').replace('namespace: ml', `namespace: ${namespace.name}`);
}

test('doctor says what works there and what is lost, and a run comes to its end', {
  timeout: 600_000,
}, async () => {
  const { name, settings, environment } = namespace;
  const { kubeconfig: _, ...kubernetes } = settings;
  await kubectl(['apply', '-f', '-'], await roleOfGuide());
  const account = `--serviceaccount=${name}:sluice`;
  await kubectl(['-n', name, 'create', 'serviceaccount', 'sluice']);
  await kubectl(['-n', name, 'create', 'rolebinding', 'sluice', '--role=sluice', account]);
  const data = { 'config.yaml': JSON.stringify({ platforms: { kubernetes } }), 'workflow.ts': WORKFLOW };
  const pod = {
    restartPolicy: 'Never',
    serviceAccountName: 'sluice',
    containers: [
      {
        name: 'sluice',
        image: AGENT_IMAGE,
        imagePullPolicy: 'Never',
        command: ['sh', '-c', SCRIPT],
        env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
        volumeMounts: [{ name: 'files', mountPath: '/files' }],
      },
    ],
    volumes: [{ name: 'files', configMap: { name: 'files' } }],
  };
  const items = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace: name }, data },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sluice', namespace: name }, spec: pod },
  ];
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const phase = () => kubectl(['-n', name, 'get', 'pod', 'sluice', '-o', 'jsonpath={.status.phase}']);
  await expect.poll(phase, { timeout: 400_000, interval: 1000 }).toMatch(/Succeeded|Failed/);
  const told = await kubectl(['-n', name, 'logs', 'sluice']);
  expect(told).toMatch(/kubernetes +v1\.\d+\.\d+ at https:\S+, namespace jobs-/);
  expect(told).not.toMatch(/rights that are missing: (?!create deployments)/);
  expect(told).toMatch(/sandbox +(missing|.*bubblewrap|.*bwrap)/i);
  expect(told).toContain('model.tar.gz');
  expect(await phase()).toBe('Succeeded');
});
