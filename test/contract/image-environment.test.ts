import { expect, it } from 'vitest';
import {
  imageEnvironment,
  imageForScript,
  NODE_IMAGE,
  PYTHON_IMAGE,
  scriptCommand,
} from '../../src/contract/images.ts';
import { processingEnvironment } from '../../src/contract/processing-environment.ts';

it.each([
  ['/opt/ml/code/train.ts', NODE_IMAGE, ['node', '/opt/ml/code/train.ts']],
  ['train.mjs', NODE_IMAGE, ['node', 'train.mjs']],
  ['train.py', PYTHON_IMAGE, ['python3', 'train.py']],
  ['/opt/ml/code/run', NODE_IMAGE, ['/opt/ml/code/run']],
])('the script %s runs in %s', (script, image, command) => {
  expect(imageForScript(script)).toBe(image);
  expect(scriptCommand(script)).toEqual(command);
});

it('Python prints as it goes, unless the request says otherwise', () => {
  expect(imageEnvironment(PYTHON_IMAGE)).toMatchObject({ PYTHONUNBUFFERED: '1', LANG: 'C.UTF-8' });
  expect(imageEnvironment('other')).toEqual({});
  const environment = processingEnvironment({
    request: {
      ProcessingJobName: 'p',
      AppSpecification: { ImageUri: PYTHON_IMAGE },
      RoleArn: 'r',
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
      },
      Environment: { PYTHONUNBUFFERED: '' },
    },
    host: 'algo-1',
    arn: 'a',
    region: 'us-east-1',
  });
  expect(environment).toMatchObject({
    PYTHONUNBUFFERED: '',
    LANG: 'C.UTF-8',
    PROCESSING_JOB_NAME: 'p',
    SM_NUM_INSTANCES: '1',
  });
});
