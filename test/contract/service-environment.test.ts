import { expect, test } from 'vitest';
import { serviceEnvironment } from '../../src/contract/service-environment.ts';

const access = {
  url: 'http://127.0.0.1:1',
  accessKeyId: 'id',
  secretAccessKey: 'secret',
  sessionToken: 'token',
};
const place = { AWS_ENDPOINT_URL: access.url };
const all = {
  ...place,
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
};

test.each([
  [undefined, all],
  [{ OTHER: 'x' }, all],
  [{ AWS_ENDPOINT_URL: access.url }, all],
  [{ AWS_ENDPOINT_URL: 'http://elsewhere' }, {}],
  [{ AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'own' }, place],
  [{ AWS_SESSION_TOKEN: 'own' }, place],
])('beside %j a job is told %j', (own, told) => {
  expect(serviceEnvironment(access, own)).toEqual(told);
  expect(serviceEnvironment(undefined, own)).toEqual({});
});
