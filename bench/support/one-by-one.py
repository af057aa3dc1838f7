"""The way of a simple script: boto3, one object after the other. Prints the seconds for the first objects of a bucket."""

import os
import sys
import time

import boto3

bucket, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
s3 = boto3.client("s3", endpoint_url=os.environ["BENCH_ENDPOINT"])
keys = []
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    keys += [entry["Key"] for entry in page.get("Contents", [])]
    if len(keys) >= count:
        break
started = time.perf_counter()
for key in keys[:count]:
    path = os.path.join(directory, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s3.download_file(bucket, key, path)
print(time.perf_counter() - started)
