import { expect, test } from 'vitest';
import { bringInputs } from '../../src/engine/bring-inputs.ts';
import type { Json, Task } from '../../src/graph/index.ts';
import type { OutputStore, Platform } from '../../src/platforms/index.ts';

const asked: string[] = [];
const store = (place: string): OutputStore => ({
  place,
  bring: async (uri, prefix) => {
    asked.push(uri);
    return `${prefix}${uri.slice('s3://'.length)}`;
  },
});
const platforms: Record<string, Pick<Platform, 'name' | 'store'>> = {
  local: { name: 'local' },
  there: { name: 'sagemaker', store: store('AWS') },
  beside: { name: 'emr', store: store('AWS') },
};

function bring(value: Json, { from = 'there', to = 'local', type = 'uri' } = {}) {
  const node = { id: 'second', task: 'second', inputs: { data: { node: from, output: 'result' } } };
  const task = { interface: { inputs: { data: { type } }, outputs: {} } } as unknown as Task;
  return bringInputs({
    node: node,
    task,
    inputs: { data: value, other: 3 },
    platform: platforms[to] as Platform,
    platformAt: (id) => platforms[id] as Platform,
    prefix: 's3://home/run/second/brought/',
    signal: new AbortController().signal,
  });
}

test('what lies in the store of another platform is brought to the home', async () => {
  expect(await bring('s3://b/result')).toEqual({ data: 's3://home/run/second/brought/b/result', other: 3 });
  expect(asked.splice(0)).toEqual(['s3://b/result']);
});

test.each<[title: string, value: Json, where: object]>([
  ['the job runs on the same platform', 's3://b/result', { to: 'there' }],
  ['two platforms have one store', 's3://b/result', { to: 'beside' }],
  ['it has run here', 's3://b/result', { from: 'local' }],
  ['it has run here, and names a file', 'file:///data', { from: 'local' }],
  ['it is a text', 's3://b/result', { type: 'string' }],
  ['it is no place', { rows: 3 }, { type: 'json' }],
])('nothing is brought where %s', async (_, value, where) => {
  expect(await bring(value, where)).toEqual({ data: value, other: 3 });
  expect(asked).toEqual([]);
});

test.each<[value: Json, where: object]>([
  ['file:///home/user/.aws/credentials', {}],
  ['file:///home/user/.aws/credentials', { to: 'there' }],
  [' FILE:///etc/passwd', { to: 'there', type: 'string' }],
  [{ deep: ['file:///etc/passwd'] }, { type: 'json' }],
])('what has run elsewhere names no file of this machine: %j %j', async (value, where) => {
  await expect(bring(value, where)).rejects.toThrow(
    "Node 'second': its input 'data' comes from node 'there', which has run on sagemaker, and names a file of this machine.",
  );
});
