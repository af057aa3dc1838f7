import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/core/load-configuration.ts';
import { findPlaceholders } from '../../src/core/placeholders.ts';
import { trustFile } from '../../src/core/trust.ts';

const CONFIG_MAP = join(
  import.meta.dirname,
  '..',
  'fixtures',
  'configuration',
  'flyte-propeller-config.yaml',
);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-plugins-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function load(text: string, name = 'plugins.yaml') {
  const directory = await mkdtemp(join(root, 'project-'));
  const home = join(directory, 'home');
  await mkdir(home);
  await writeFile(join(directory, name), text);
  trustFile(home, join(directory, name), text);
  return loadConfiguration(home, directory);
}

const SETTINGS = {
  kubernetes: { defaultCpus: '500m', defaultMemory: '500Mi' },
  coreweave: {
    endpoint: 'https://api.codeweave.com',
    auth: { type: 'api-key', secret: 'codeweave-credentials' },
  },
  batch: { region: 'us-east-1', jobQueue: 'flyte-batch-queue' },
  sagemaker: {
    region: 'us-east-1',
    executionRole: 'arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole',
    defaultInstanceType: 'ml.m5.large',
    enableSpotInstances: true,
    maxRuntimeSeconds: 86_400,
    training: {
      outputPath: 's3://bsingh-ml-workflows/sagemaker/training/',
      instanceTypes: ['ml.m5.large', 'ml.m5.xlarge', 'ml.m5.2xlarge', 'ml.p3.2xlarge'],
    },
    batchTransform: {
      outputPath: 's3://bsingh-ml-workflows/sagemaker/batch-transform/',
      maxPayloadMB: 6,
      maxConcurrentTransforms: 4,
    },
    processing: {
      outputPath: 's3://bsingh-ml-workflows/sagemaker/processing/',
      frameworks: { sklearn: '0.23-1', pytorch: '1.8.0', tensorflow: '2.4.1' },
    },
  },
};

test("a ConfigMap's plugins.yaml has every setting of its platforms, and names what is to be filled in", async () => {
  const { platforms } = await load(await readFile(CONFIG_MAP, 'utf8'));
  expect(platforms).toEqual(SETTINGS);
  expect(findPlaceholders(platforms)).toEqual([
    {
      path: ['sagemaker', 'executionRole'],
      value: 'arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole',
      placeholder: 'ACCOUNT',
    },
  ]);
});

test('the same without the ConfigMap, and among other documents', async () => {
  const inner = (await readFile(CONFIG_MAP, 'utf8')).split('plugins.yaml: |\n')[1]?.replaceAll(/^ {4}/gm, '');
  expect((await load(inner as string)).platforms).toEqual(SETTINGS);
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: flyte }\n---\n';
  expect((await load(namespace + (await readFile(CONFIG_MAP, 'utf8')))).platforms).toEqual(SETTINGS);
});

test('a file that is named needs no trust and stands in place of those of the directory', async () => {
  const directory = await mkdtemp(join(root, 'named-'));
  await copyFile(CONFIG_MAP, join(directory, 'flyte-propeller-config.yaml'));
  await writeFile(join(directory, 'sluice.yaml'), 'database: postgres://elsewhere/db\n');
  const named = { SLUICE_CONFIG: 'flyte-propeller-config.yaml' };
  expect((await loadConfiguration(directory, directory, named)).platforms).toEqual(SETTINGS);
  await expect(
    loadConfiguration(directory, directory, { SLUICE_CONFIG: 'absent.yaml' }),
  ).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: expect.stringContaining('absent.yaml') as string,
  });
});

test('EMR, a role in another account, keys and networks are written in the same way', async () => {
  const { platforms } = await load(`plugins:
  emr: { region: us-east-1, application-id: 00f, execution-role: "arn:aws:iam::123456789012:role/E" }
  sagemaker:
    assume-role: { arn: "arn:aws:iam::210987654321:role/R", external-id: x }
    vpc: { subnets: [subnet-1], security-group-ids: [sg-1] }
    volume-kms-key-id: k
  kubernetes: { price-per-hour: { c5.large: 0.085 } }
`);
  expect(platforms).toEqual({
    emr: { region: 'us-east-1', applicationId: '00f', executionRole: 'arn:aws:iam::123456789012:role/E' },
    sagemaker: {
      assumeRole: { arn: 'arn:aws:iam::210987654321:role/R', externalId: 'x' },
      vpc: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
      volumeKmsKeyId: 'k',
    },
    kubernetes: { pricePerHour: { 'c5.large': 0.085 } },
  });
});

describe('what is wrong is named with its place as the file writes it', () => {
  test.each([
    [
      'plugins: { sagemaker: { exection-role: x } }',
      "plugins.sagemaker.exection-role: there is no such key. Did you mean 'execution-role'?",
    ],
    [
      'plugins: { sagemaker: { executionRole: x } }',
      "plugins.sagemaker.executionRole: there is no such key. Did you mean 'execution-role'?",
    ],
    [
      'plugins: { sagemaker: { training: { instance-type: [a] } } }',
      "plugins.sagemaker.training.instance-type: there is no such key. Did you mean 'instance-types'?",
    ],
    ['plugins: { sagemakr: {} }', "plugins.sagemakr: there is no such key. Did you mean 'sagemaker'?"],
    ['plugin: {}\nplugins: {}', "plugin: there is no such key. Did you mean 'plugins'?"],
    ['plugins: { codeweave: { auth: { type: basic, secret: x } } }', 'plugins.codeweave.auth.type: '],
    ['plugins: { sagemaker: { max-runtime-seconds: 0 } }', 'plugins.sagemaker.max-runtime-seconds: '],
    [
      'plugins: { sagemaker: { region: mars } }',
      "plugins.sagemaker.region: expected a region such as 'us-east-1'",
    ],
    ['plugins: [', 'plugins.yaml: '],
    ['- a', "expected 'plugins:' with a section for each platform."],
    [
      'kind: ConfigMap\ndata: { other.yaml: "a: 1" }',
      "expected one ConfigMap with 'plugins.yaml' under data; there is none.",
    ],
  ])('%s', async (text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining(message) as string,
    });
  });
});
