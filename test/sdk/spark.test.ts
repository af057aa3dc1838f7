import { expect, test } from 'vitest';
import { processingTask } from '../../src/sdk/index.ts';

const common = { framework: 'spark', instanceType: 'ml.m5.xlarge' } as const;

test('an application’s files are paths in the code that is sent', () => {
  const beside = processingTask('etl', {
    ...common,
    script: 'jobs/etl.py',
    spark: { pyFiles: ['jobs/lib/scoring.py'], jars: ['s3://bucket/a.jar'], conf: { 'spark.x': '1' } },
  }).task;
  expect(beside).toMatchObject({
    script: { entry: 'etl.py', whole: false, others: ['lib/scoring.py'] },
    spark: { pyFiles: ['lib/scoring.py'], jars: ['s3://bucket/a.jar'], conf: { 'spark.x': '1' } },
  });
  const whole = processingTask('etl', {
    ...common,
    script: 'app.jar',
    sourceDir: 'build',
    spark: { className: 'com.example.Main', jars: ['./lib/../lib/a.jar'] },
  }).task;
  expect(whole).toMatchObject({
    script: { entry: 'app.jar', whole: true },
    spark: { className: 'com.example.Main', jars: ['lib/a.jar'] },
  });
});

test('a file that cannot be sent, and an option that nobody knows, are refused', () => {
  const outside = { ...common, script: 'jobs/etl.py', spark: { files: ['data/x.json'] } };
  expect(() => processingTask('etl', outside)).toThrow(
    /^Task 'etl' \(.*spark\.test\.ts:\d+\): spark\.files: 'data\/x\.json' does not lie in '.*\/jobs'\.$/,
  );
  const misspelt = { ...common, script: 'etl.py', spark: { pyfiles: [] } };
  expect(() => processingTask('etl', misspelt as never)).toThrow("spark: there is no option 'pyfiles'.");
});
