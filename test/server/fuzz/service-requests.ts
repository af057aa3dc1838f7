/** Valid requests for every operation of every service, to be mutated. */
import { formatCbor } from '../../../src/server/wire/cbor.ts';
import { logsModel } from '../../../src/server/wire/model/logs.gen.ts';
import { monitoringModel } from '../../../src/server/wire/model/monitoring.gen.ts';
import { sagemakerModel } from '../../../src/server/wire/model/sagemaker.gen.ts';
import { scalingModel } from '../../../src/server/wire/model/scaling.gen.ts';
import type { ServiceModel } from '../../../src/server/wire/model/service-model.ts';
import { validRequests } from '../wire/valid-requests.ts';
import type { FuzzRequest } from './http-request.ts';

/** A request, and its body as the values it is made from. */
export interface ServiceRequest extends Omit<FuzzRequest, 'body'> {
  readonly name: string;
  readonly input:
    | { readonly json: unknown; readonly model: ServiceModel; readonly shape: string | undefined }
    | { readonly form: Readonly<Record<string, string>> }
    | string;
}

const GROUP = '/aws/sagemaker/TrainingJobs';

const logs: Readonly<Record<string, object>> = {
  CreateLogGroup: { logGroupName: 'fuzzed', tags: { a: 'b' } },
  CreateLogStream: { logGroupName: 'fuzzed', logStreamName: 'stream' },
  DeleteLogGroup: { logGroupName: 'fuzzed-2' },
  DeleteLogStream: { logGroupName: 'fuzzed', logStreamName: 'stream-2' },
  DeleteRetentionPolicy: { logGroupName: 'fuzzed' },
  PutRetentionPolicy: { logGroupName: 'fuzzed', retentionInDays: 30 },
  PutLogEvents: {
    logGroupName: 'fuzzed',
    logStreamName: 'stream',
    logEvents: [
      { timestamp: Date.now(), message: 'a' },
      { timestamp: Date.now(), message: 'b c' },
    ],
  },
  TagResource: { resourceArn: 'arn:aws:logs:us-east-1:123456789012:log-group:fuzzed', tags: { a: 'b' } },
  UntagResource: { resourceArn: 'arn:aws:logs:us-east-1:123456789012:log-group:fuzzed', tagKeys: ['a'] },
  ListTagsForResource: { resourceArn: 'arn:aws:logs:us-east-1:123456789012:log-group:fuzzed' },
  DescribeLogGroups: { logGroupNamePrefix: '/aws', limit: 5 },
  DescribeLogStreams: { logGroupName: GROUP, orderBy: 'LogStreamName', limit: 5 },
  FilterLogEvents: { logGroupName: GROUP, filterPattern: 'a -b "c d" %e%', startTime: 0, limit: 10 },
  GetLogEvents: { logGroupName: GROUP, logStreamName: 'job/algo-1-1764288000', startFromHead: true },
};

const metric = { Namespace: 'Fuzz', MetricName: 'm', Dimensions: [{ Name: 'a', Value: 'b' }] };
const range = { StartTime: 1_764_288_000, EndTime: 1_764_291_600 };
const monitoring: Readonly<Record<string, object>> = {
  ListMetrics: { Namespace: 'Fuzz', Dimensions: [{ Name: 'a' }] },
  PutMetricData: { Namespace: 'Fuzz', MetricData: [{ MetricName: 'm', Values: [1, 2], Counts: [1, 2] }] },
  GetMetricStatistics: { ...metric, ...range, Period: 60, Statistics: ['Sum'] },
  GetMetricData: {
    ...range,
    MetricDataQueries: [{ Id: 'q', MetricStat: { Metric: metric, Period: 60, Stat: 'p90' } }],
    MaxDatapoints: 5,
  },
};

const scaled = {
  ServiceNamespace: 'sagemaker',
  ResourceId: 'endpoint/absent/variant/one',
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
};
const ResourceARN = 'arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0ec5';
const scaling: Readonly<Record<string, object>> = {
  RegisterScalableTarget: { ...scaled, MinCapacity: 1, MaxCapacity: 2, Tags: { a: 'b' } },
  DeregisterScalableTarget: scaled,
  DescribeScalableTargets: { ServiceNamespace: 'sagemaker', ResourceIds: [scaled.ResourceId], MaxResults: 5 },
  PutScalingPolicy: {
    ...scaled,
    PolicyName: 'a',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 70.5,
      CustomizedMetricSpecification: { MetricName: 'm', Namespace: 'n', Statistic: 'Sum' },
      ScaleInCooldown: 60,
    },
  },
  DeleteScalingPolicy: { ...scaled, PolicyName: 'a' },
  DescribeScalingPolicies: { ServiceNamespace: 'sagemaker', PolicyNames: ['a'], NextToken: 'YWZ0ZXI6YQ' },
  DescribeScalingActivities: { ServiceNamespace: 'sagemaker', MaxResults: 5, NextToken: 'YWZ0ZXI6OQ' },
  ListTagsForResource: { ResourceARN },
  TagResource: { ResourceARN, Tags: { a: 'b' } },
  UntagResource: { ResourceARN, TagKeys: ['a'] },
};

const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sts: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
  iam: { Action: 'GetRole', RoleName: 'Role', Version: '2010-05-08' },
  monitoring: {
    Action: 'PutMetricData',
    Namespace: 'Fuzz',
    'MetricData.member.1.MetricName': 'm',
    'MetricData.member.1.Value': '1.5',
    'MetricData.member.1.Timestamp': '2026-11-27T00:00:00Z',
  },
  'iam ': {
    Action: 'SimulatePrincipalPolicy',
    PolicySourceArn: 'arn:aws:iam::123456789012:role/Role',
    'ActionNames.member.1': 's3:GetObject',
    'ResourceArns.member.1': '*',
    MaxItems: '5',
  },
};

const XML = '<?xml version="1.0" encoding="UTF-8"?>';
const s3: readonly [method: string, path: string, headers?: Record<string, string>, body?: string][] = [
  ['GET', '/'],
  ['PUT', '/fuzzed', {}, `${XML}<CreateBucketConfiguration></CreateBucketConfiguration>`],
  ['HEAD', '/fuzzed'],
  ['DELETE', '/fuzzed-2'],
  ['GET', '/fuzzed?location'],
  ['GET', '/fuzzed?acl'],
  ['GET', '/fuzzed?versioning'],
  ['GET', '/fuzzed?versions&max-keys=5'],
  ['GET', '/fuzzed?uploads&max-uploads=5&key-marker=a'],
  ['GET', '/fuzzed?prefix=a&delimiter=/&marker=b&max-keys=5'],
  [
    'GET',
    '/fuzzed?list-type=2&prefix=a&delimiter=/&max-keys=5&start-after=b&encoding-type=url&fetch-owner=true',
  ],
  ['GET', '/fuzzed?list-type=2&continuation-token=abc'],
  ['POST', '/fuzzed?delete', {}, `${XML}<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet></Delete>`],
  [
    'PUT',
    '/fuzzed/a/b',
    { 'content-type': 'text/plain', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'a=b' },
    'text',
  ],
  ['PUT', '/fuzzed/a', { 'content-md5': 'lLIlOrYNbKt4XZ5VFkfhPA==', 'if-none-match': '*' }, 'text'],
  [
    'PUT',
    '/fuzzed/a',
    { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'CRC32' },
    'text',
  ],
  [
    'PUT',
    '/fuzzed/a',
    {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': '4',
      'content-encoding': 'aws-chunked',
    },
    '4\r\ntext\r\n0\r\nx-amz-checksum-crc32:O3jd5A==\r\n\r\n',
  ],
  ['PUT', '/fuzzed/copy', { 'x-amz-copy-source': '/fuzzed/a%2Fb', 'x-amz-metadata-directive': 'REPLACE' }],
  [
    'PUT',
    '/fuzzed/a?tagging',
    {},
    `${XML}<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>`,
  ],
  ['PUT', '/fuzzed/a?acl', { 'x-amz-acl': 'private' }],
  [
    'GET',
    '/fuzzed/a/b',
    { range: 'bytes=0-2', 'if-match': '"x"', 'if-modified-since': 'Fri, 27 Nov 2026 00:00:00 GMT' },
  ],
  ['GET', '/fuzzed/a/b?response-content-type=text/html&partNumber=1'],
  ['HEAD', '/fuzzed/a/b'],
  ['GET', '/fuzzed/a/b?attributes', { 'x-amz-object-attributes': 'ETag,ObjectParts' }],
  ['GET', '/fuzzed/a?tagging'],
  ['DELETE', '/fuzzed/a?tagging'],
  ['DELETE', '/fuzzed/gone'],
  ['POST', '/fuzzed/m?uploads', { 'x-amz-checksum-algorithm': 'CRC32' }],
  ['PUT', '/fuzzed/m?uploadId=abc&partNumber=1', {}, 'text'],
  [
    'PUT',
    '/fuzzed/m?uploadId=abc&partNumber=1',
    { 'x-amz-copy-source': 'fuzzed/a', 'x-amz-copy-source-range': 'bytes=0-1' },
  ],
  ['GET', '/fuzzed/m?uploadId=abc&max-parts=5'],
  ['DELETE', '/fuzzed/m?uploadId=abc'],
  [
    'POST',
    '/fuzzed/m?uploadId=abc',
    {},
    `${XML}<CompleteMultipartUpload><Part><ETag>"a"</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>`,
  ],
];

const runtime: readonly [path: string, headers: Record<string, string>][] = [
  ['/endpoints/absent/invocations', { 'content-type': 'text/csv', accept: 'text/csv' }],
  [
    '/endpoints/absent/invocations',
    { 'x-amzn-sagemaker-target-model': 'a.tar.gz', 'x-amzn-sagemaker-custom-attributes': 'a=b' },
  ],
  ['/endpoints/absent/invocations-response-stream', { 'x-amzn-sagemaker-accept': 'text/csv' }],
  ['/endpoints/absent/async-invocations', { 'x-amzn-sagemaker-inputlocation': 's3://bucket/a' }],
];

/** Requests for jobs would start one: without the role none does. */
function withoutEffect(operation: string, input: object): object {
  if (!/^Create.*Job$/.test(operation)) return input;
  const { RoleArn: _role, TransformResources: _resources, ...rest } = input as Record<string, unknown>;
  return rest;
}

/** All of them. @param effects whether those for jobs may start one */
export const serviceRequests = (effects: boolean): readonly ServiceRequest[] => [
  ...Object.entries(validRequests).map(([name, input]) =>
    json(sagemakerModel, name, effects ? input : withoutEffect(name, input)),
  ),
  ...Object.entries(logs).map(([name, input]) => json(logsModel, name, input)),
  ...Object.entries(monitoring).map(([name, input]) => json(monitoringModel, name, input)),
  ...Object.entries(scaling).map(([name, input]) => json(scalingModel, name, input)),
  ...Object.entries(monitoring).map(([name, input]) => ({
    name: `CBOR ${name}`,
    method: 'POST',
    path: `/service/${monitoringModel.targetPrefix}/operation/${name}`,
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
    input: formatCbor(input).toString('latin1'),
  })),
  ...Object.entries(forms).map(([service, form]) => ({
    name: form['Action'] as string,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...signed(service.trim()) },
    input: { form },
  })),
  ...s3.map(([method, path, headers = {}, body = '']) => ({
    name: `S3 ${method} ${path}`,
    method,
    path,
    headers,
    input: body,
  })),
  ...runtime.map(([path, headers]) => ({ name: path, method: 'POST', path, headers, input: '1,2\n3,4' })),
];

function json(model: ServiceModel, name: string, input: object): ServiceRequest {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${model.targetPrefix}.${name}`,
  };
  const shape = model.operations[name]?.input;
  return { name, method: 'POST', path: '/', headers, input: { json: input, model, shape } };
}

function signed(service: string): Record<string, string> {
  const scope = `AKIATEST/20261127/us-east-1/${service}/aws4_request`;
  const signature = 'a'.repeat(64);
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${signature}`,
  };
}
