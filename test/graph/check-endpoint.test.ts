import { expect, test } from 'vitest';
import { checkJob, type EndpointTask } from '../../src/graph/index.ts';

const task: EndpointTask = {
  type: 'endpoint',
  name: 'deploy',
  interface: { inputs: { model: { type: 'uri' } }, outputs: {} },
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  volumeSizeInGB: 30,
  maxRuntimeInSeconds: 86_400,
  environment: {},
  image: 'image:1',
  variants: { AllTraffic: { input: 'model' } },
};

test.each<[string, Partial<EndpointTask>, string[]]>([
  ['nothing', {}, []],
  ['no variant', { variants: {} }, ['variants: expected one at least.']],
  [
    'a name that is none',
    { endpointName: 'a_b' },
    [
      "endpointName: expected at most 63 letters, digits and '-', beginning and ending with a letter or digit, got 'a_b'.",
    ],
  ],
  [
    'a model that is no input',
    { variants: { a: { input: 'models' } } },
    ["variant 'a': there is no input 'models'. Did you mean 'model'? There is: model."],
  ],
  [
    'no traffic for anybody',
    { variants: { a: { input: 'model', weight: 0 } } },
    ['variants: expected a weight above 0, so that one of them takes the traffic.'],
  ],
  [
    'limits the wrong way round',
    { scaling: { minInstanceCount: 3, maxInstanceCount: 2, invocationsPerInstance: 70 } },
    ['scaling.maxInstanceCount: expected at least minInstanceCount, 3, got 2.'],
  ],
  [
    'many models in two variants',
    { mode: 'MultiModel', variants: { a: { input: 'model' }, b: { input: 'model' } } },
    ["mode 'MultiModel': it has one variant, whose server has all models."],
  ],
  [
    'a command',
    { command: ['serve'] },
    ['command and arguments: an endpoint takes none; its image serves, with the functions of the script.'],
  ],
])('%s is told of an endpoint', (_what, more, expected) => {
  const problems: string[] = [];
  checkJob({ ...task, ...more }, (problem) => problems.push(problem));
  expect(problems).toEqual(expected);
});

test('an endpoint without anything that serves is told so, unless each variant has an image', () => {
  const { image: _, ...bare } = task;
  const problems: string[] = [];
  checkJob(bare, (problem) => problems.push(problem));
  checkJob({ ...bare, variants: { a: { input: 'model', image: 'image:2' } } }, (problem) =>
    problems.push(problem),
  );
  expect(problems).toEqual(['it has nothing to serve with: give a script, a framework or an image.']);
});
