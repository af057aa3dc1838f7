import { describe, expect, it } from 'vitest';
import {
  type AgentDocument,
  openAgentDocument,
  sealAgentDocument,
} from '../../src/contract/agent-document.ts';
import { agentEnvironment, documentHosts } from '../../src/contract/agent-environment.ts';
import { agentUris } from '../../src/contract/agent-places.ts';
import {
  type AgentResult,
  deriveAgentKey,
  newAgentKey,
  openAgentResult,
  seal,
  sealAgentResult,
} from '../../src/contract/agent-result.ts';

const document: AgentDocument = {
  version: 1,
  jobType: 'training',
  attempt: 'a1',
  arn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/digits',
  region: 'us-east-1',
  results: 's3://bucket/staging/digits/a1/',
  request: {
    TrainingJobName: 'digits',
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    AlgorithmSpecification: { TrainingImage: 'example/train:1', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
  },
};
const key = newAgentKey();
const { text, digest } = sealAgentDocument(document);
const result: AgentResult = {
  version: 1,
  jobName: 'digits',
  attempt: 'a1',
  digest,
  status: 'Completed',
  hosts: [{ name: 'algo-1', exitCode: 0 }],
  endedAt: 1,
};
const sealed = Buffer.from(sealAgentResult(result, key));
const expected = { key, digest, attempt: 'a1' };

describe("the job's document", () => {
  it('is read with the digest that it was written with', () => {
    expect(openAgentDocument(Buffer.from(text), digest)).toEqual(document);
  });

  it('is refused once it was changed, and in another version', () => {
    expect(() => openAgentDocument(Buffer.from(text.replace('digits', 'digitz')), digest)).toThrow(
      /expected the digest [0-9a-f]{64}, got .* changed since/,
    );
    const other = sealAgentDocument({ ...document, version: 2 } as unknown as AgentDocument);
    expect(() => openAgentDocument(Buffer.from(other.text), other.digest)).toThrow(
      'expected version 1, got 2',
    );
  });

  it("names the hosts and each one's environment as a job on this machine has them", () => {
    expect(documentHosts(document)).toEqual(['algo-1', 'algo-2']);
    expect(agentEnvironment(document, 'algo-2', { cpus: 4, gpus: 1 })).toMatchObject({
      TRAINING_JOB_NAME: 'digits',
      SM_CURRENT_HOST: 'algo-2',
      SM_NUM_CPUS: '4',
      SM_NUM_GPUS: '1',
    });
  });

  it('has its results beside it', () => {
    expect(agentUris('s3://b/x').document).toBe('s3://b/x/job.json');
    expect(agentUris('s3://b/x/').part('algo-2', 'model')).toBe('s3://b/x/hosts/algo-2/model.tar.gz');
  });
});

describe("the job's result", () => {
  it('is read by who has the key', () => {
    expect(openAgentResult(sealed, expected)).toEqual(result);
  });

  it.each([
    ['missing', undefined, expected, 'there is none'],
    ['no JSON', Buffer.from('{"status": "Comp'), expected, 'not in the form'],
    ['without a signature', Buffer.from(JSON.stringify(result)), expected, 'not in the form'],
    [
      'made with another key',
      Buffer.from(sealAgentResult(result, newAgentKey())),
      expected,
      'signature is wrong',
    ],
    [
      'changed',
      Buffer.from(sealed.toString().replace('Completed', 'Stopped')),
      expected,
      'signature is wrong',
    ],
    ["a host's", Buffer.from(seal('host', result, key)), expected, 'signature is wrong'],
    ['of another attempt', sealed, { ...expected, attempt: 'a2' }, 'of another attempt'],
    ['of another document', sealed, { ...expected, digest: '0'.repeat(64) }, 'of another attempt'],
    ['too large', Buffer.alloc(2 * 1024 * 1024), expected, 'bytes'],
  ])('is none where it is %s', (_, bytes, of, message) => {
    expect(() => openAgentResult(bytes, of)).toThrow(message);
  });

  it('has a key for each attempt that follows from one secret', () => {
    expect(deriveAgentKey('secret', 'a1')).toBe(deriveAgentKey('secret', 'a1'));
    expect(deriveAgentKey('secret', 'a1')).not.toBe(deriveAgentKey('secret', 'a2'));
    expect(() => sealAgentResult(result, 'c2hvcnQ')).toThrow('expected 32 bytes');
  });
});
