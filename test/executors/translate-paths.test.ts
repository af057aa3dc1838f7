import { describe, expect, it } from 'vitest';
import { translatePaths } from '../../src/executors/process/translate-paths.ts';

describe('translatePaths', () => {
  it.each([
    ['/opt/ml', '/job'],
    ['/opt/ml/model', '/job/model'],
    ['--model-dir=/opt/ml/model', '--model-dir=/job/model'],
    ['/a:/opt/ml/code:/b', '/a:/job/code:/b'],
    ['{"dir":"/opt/ml/model","n":1}', '{"dir":"/job/model","n":1}'],
    ["cp '/opt/ml/a' /opt/ml/b", "cp '/job/a' /job/b"],
    ['file:///opt/ml/input', 'file:///job/input'],
    ['/opt/mlflow', '/opt/mlflow'],
    ['/opt/ml-old/x', '/opt/ml-old/x'],
    ['s3://bucket/opt/ml/x', 's3://bucket/opt/ml/x'],
    ['/data/opt/ml/x', '/data/opt/ml/x'],
    ['nothing', 'nothing'],
  ])('makes of %s %s', (text, expected) => {
    expect(translatePaths(text, '/job')).toBe(expected);
  });

  it('keeps JSON whole whatever the directory is called', () => {
    const text = translatePaths('{"dir":"/opt/ml/model"}', '/a "b"\\$&');
    expect(JSON.parse(text)).toEqual({ dir: '/a "b"\\$&/model' });
  });
});
