import { expect, test } from 'vitest';
import type { CredentialsHolder } from '../../../src/contract/service-environment.ts';
import { jobCredentials } from '../../../src/home/server/job-credentials.ts';
import { createJobKeyring } from '../../../src/server/access/job-keyring.ts';

const holder: CredentialsHolder = { type: 'training', name: 'a-job', createdAt: 1000 };
const secret = 'of the home';

test('the credentials of a job are the same each time, and nobody else has them', () => {
  const one = jobCredentials(secret, holder);
  expect(one).toEqual(jobCredentials(secret, { ...holder }));
  expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(one.secretAccessKey).toMatch(/^[A-Za-z0-9+/=]{44}$/);
  // It goes through a header.
  expect(one.sessionToken).toMatch(/^[\w.-]+$/);
  expect(JSON.stringify(one)).not.toContain(secret);
  const others = [
    jobCredentials('of another home', holder),
    jobCredentials(secret, { ...holder, name: 'b-job' }),
    jobCredentials(secret, { ...holder, type: 'processing' }),
    jobCredentials(secret, { ...holder, createdAt: 1001 }),
  ];
  for (const member of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const)
    expect(new Set([one, ...others].map((each) => each[member])).size).toBe(5);
});

test('they are found while the job is open', async () => {
  const open = new Set(['a-job']);
  const keyring = createJobKeyring(secret, async ({ name }) => open.has(name));
  const { accessKeyId, sessionToken, secretAccessKey } = jobCredentials(secret, holder);
  expect(await keyring.find(accessKeyId, sessionToken)).toMatchObject({
    name: 'training/a-job',
    holder: 'job',
    secretAccessKey,
  });
  open.clear();
  await expect(keyring.find(accessKeyId, sessionToken)).rejects.toMatchObject({ problem: 'ExpiredToken' });
});

test.each<[string, (token: string) => string | undefined, string]>([
  ['none', () => undefined, 'UnknownKey'],
  ['an empty one', () => '', 'UnknownKey'],
  ['half of one', (token) => token.split('.')[0], 'UnknownKey'],
  [
    'one with another job',
    (token) => `${Buffer.from('["training","b",1]').toString('base64url')}.${token.split('.')[1]}`,
    'UnknownKey',
  ],
  ['one that is no ASCII', (token) => `${token}é`, 'UnknownKey'],
  ["AWS's own", () => 'IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUC', 'UnknownKey'],
  ["another job's", () => jobCredentials(secret, { ...holder, name: 'b-job' }).sessionToken, 'InvalidToken'],
])('a session token that is %s is refused', async (_, change, problem) => {
  const keyring = createJobKeyring(secret, async () => true);
  const { accessKeyId, sessionToken } = jobCredentials(secret, holder);
  await expect(keyring.find(accessKeyId, change(sessionToken))).rejects.toMatchObject({ problem });
});
