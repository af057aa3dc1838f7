import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiFixture, openApi } from './harness.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});
const SERVED =
  'it serves SageMaker, SageMaker Runtime, S3, CloudWatch Logs, CloudWatch, Application Auto Scaling, ECR, STS and IAM.';

test('a request for a service that is not served is no request for S3', async () => {
  const answer = await fetch(`${api.url}/2015-03-31/functions`, { headers: signed('lambda') });
  expect([answer.status, await answer.json()]).toEqual([
    400,
    {
      __type: 'UnknownOperationException',
      message: `Sluice serves no GET /2015-03-31/functions of "lambda"; ${SERVED}`,
    },
  ]);
});

test('a service that speaks forms is answered in XML', async () => {
  const headers = { ...signed('ec2'), 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = 'Action=DescribeInstances&Version=2016-11-15';
  const answer = await fetch(api.url, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(
    `<Code>UnknownOperationException</Code><Message>Sluice serves no POST / of &quot;ec2&quot;; ${SERVED}</Message>`,
  );
});

test('a target of a service that is not served is named', async () => {
  const headers = { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' };
  const answer = await fetch(api.url, { method: 'POST', headers, body: '{}' });
  expect(await answer.json()).toEqual({
    __type: 'UnknownOperationException',
    message: `Sluice serves no operation "AWSStepFunctions.ListStateMachines"; ${SERVED}`,
  });
});
