import { expect, test } from 'vitest';
import { namedImagePackages } from '../../src/contract/image-packages.ts';

test.each<[string, readonly string[]]>([
  ['import boto3', ['boto3']],
  ['import os, boto3.session as s, yaml', ['boto3', 'PyYAML']],
  ['from flask import Response', ['Flask']],
  ['try:\n    import psutil\nexcept ImportError:\n    psutil = None', ['psutil']],
  ['# import boto3\ntext = "import boto3"', []],
  ['import own.module, torch', []],
  ['from . import flask', []],
  ['pd.read_csv("s3://bucket/key")', ['s3fs']],
  ['frame.to_parquet(path)', ['pyarrow']],
  ['from sagemaker_containers.beta.framework import worker', ['Flask', 'numpy']],
  ['', []],
])('%j names %j', (source, names) => {
  expect(namedImagePackages([source]).map(({ name }) => name)).toEqual(names);
});

test('values of a job may name objects in S3', () => {
  expect(namedImagePackages(['import os'], ['10', 's3://bucket/key']).map(({ name }) => name)).toEqual([
    's3fs',
  ]);
});
