/** Speaks as much of SageMaker's protocol as tells of training jobs that go on; counts what it is asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const jobs = Number(process.argv[2]);
const begun = Date.now() / 1000;
let asked = 0;

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

const server = createServer((request, response) => {
  asked++;
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', () => {
    if (body.startsWith('Action=GetCallerIdentity')) return void response.end(IDENTITY);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(
      JSON.stringify(operation === 'ListTrainingJobs' ? listed(JSON.parse(body)) : described(body)),
    );
  });
});

function listed({
  NextToken = '0',
  MaxResults = 10,
  LastModifiedTimeAfter,
}: Record<string, string | number>) {
  // What has not changed since is not told again.
  if (LastModifiedTimeAfter !== undefined && Number(LastModifiedTimeAfter) > begun)
    return { TrainingJobSummaries: [] };
  const from = Number(NextToken);
  const to = Math.min(from + Number(MaxResults), jobs);
  const summaries = Array.from({ length: to - from }, (_, index) => summary(`job-${from + index}`));
  return { TrainingJobSummaries: summaries, ...(to < jobs && { NextToken: String(to) }) };
}

function summary(name: string) {
  return {
    TrainingJobName: name,
    TrainingJobArn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${name}`,
    CreationTime: begun,
    LastModifiedTime: begun,
    TrainingJobStatus: 'InProgress',
  };
}

function described(body: string) {
  return {
    ...summary(JSON.parse(body).TrainingJobName),
    SecondaryStatus: 'Training',
    TrainingStartTime: begun,
  };
}

server.listen(0, '127.0.0.1', () =>
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.on('message', () => process.send?.(asked));
