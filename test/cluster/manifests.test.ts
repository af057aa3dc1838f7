import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeClient } from '../../src/platforms/kubernetes/client/kube-client.ts';
import { jobManifest, secretManifest, serviceManifest } from '../../src/platforms/kubernetes/job-manifest.ts';
import { marks, planOf } from '../fixtures/kubernetes-plan.ts';
import { adminClient } from '../harness/kubernetes.ts';

let client: KubeClient;
beforeAll(async () => {
  client = await adminClient('default');
});
afterAll(() => client.close());

const everything = {
  credentials: { secret: 's3' },
  serviceAccount: 'jobs',
  imagePullPolicy: 'IfNotPresent' as const,
  imagePullSecrets: ['registry'],
  nodeSelector: { zone: 'a' },
  tolerations: [{ key: 'gpu', operator: 'Exists' as const, effect: 'NoSchedule' as const }],
  priorityClass: 'high',
  annotations: { note: 'x' },
  labels: { team: 'ml' },
  runAs: { user: 1000, group: 1000, fsGroup: 1000 },
  queue: 'team',
  sharedMemory: '1Gi',
  fastFile: 'mount' as const,
};

test.each([
  ['plain', {}, {}],
  ['with everything', everything, { hosts: 2 }],
  ['of a transform', {}, { type: 'transform' as const }],
])('a job %s is what the API server takes, to the last member', async (_, settings, more) => {
  const query = { dryRun: 'All', fieldValidation: 'Strict' };
  const post = (path: string, object: object) => client.post<{ kind: string }>(path, object, { query });
  const plan = planOf(settings, more);
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'train', uid: 'u' };
  await expect(
    post('/apis/batch/v1/namespaces/default/jobs', jobManifest(plan, marks)),
  ).resolves.toMatchObject({ kind: 'Job' });
  await expect(
    post('/api/v1/namespaces/default/secrets', secretManifest('train', 'k', owner)),
  ).resolves.toMatchObject({ kind: 'Secret' });
  await expect(
    post('/api/v1/namespaces/default/services', serviceManifest(plan, owner)),
  ).resolves.toMatchObject({ kind: 'Service' });
});
