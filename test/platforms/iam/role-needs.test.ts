import { expect, test } from 'vitest';
import { trainingTask, workflow } from '../../../src/index.ts';
import { leastRoles, needsOf, quoted, roleFiles } from '../../../src/platforms/iam/index.ts';

const key = (name: string): string => `arn:aws:kms:us-east-1:123456789012:key/${name}`;

test('keys and networks that tasks name, and those of the settings, are in the policy of the jobs', () => {
  const train = trainingTask('train', {
    image: 'x/y:1',
    instanceType: 'ml.m5.large',
    volumeKmsKeyId: key('task'),
    vpcConfig: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
  });
  const { graph } = workflow('flow', {}, () => void train({}));
  const platforms = { sagemaker: { outputKmsKeyId: key('settings') } };
  const needs = needsOf([graph], platforms, []);
  expect(needs).toMatchObject({ keys: [key('settings'), key('task')], inVpc: true });
  const [execution] = leastRoles({ needs, platforms, account: '123456789012', region: 'us-east-1' });
  const actions = execution?.policy.Statement.flatMap(({ Action }) => Action);
  expect(actions).toContain('kms:CreateGrant');
  expect(actions).toContain('ec2:CreateNetworkInterface');
  expect(needsOf([], {}, [])).toMatchObject({ keys: [], inVpc: false });
});

test('what Terraform would fill in is written so that it does not', async () => {
  const needs = needsOf([], {}, ['data-${path.cwd}-%{if}']);
  const roles = leastRoles({ needs, platforms: {}, account: '123456789012', region: 'us-east-1' });
  const [file] = await roleFiles(roles, 'terraform');
  expect(file?.text).toContain('data-$${path.cwd}-%%{if}');
  expect(file?.text).not.toMatch(/[^$]\$\{|[^%]%\{/);
  expect(quoted('a${b}"')).toBe('"a$${b}\\""');
});
