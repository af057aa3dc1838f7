import type { S3OperationName } from './operation-name.ts';
import { getAcl, putAcl } from './operations/access-control.ts';
import {
  deleteBucketConfiguration,
  getBucketConfiguration,
  getBucketPolicyStatus,
  putBucketConfiguration,
} from './operations/bucket-configuration.ts';
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from './operations/buckets.ts';
import { copyObject } from './operations/copy-object.ts';
import { createBucket } from './operations/create-bucket.ts';
import { deleteObject, deleteObjects } from './operations/delete-object.ts';
import { getObject, headObject } from './operations/get-object.ts';
import { getObjectAttributes } from './operations/get-object-attributes.ts';
import { listMultipartUploads, listParts } from './operations/list-multipart.ts';
import { listObjectVersions } from './operations/list-object-versions.ts';
import { listObjects, listObjectsV2 } from './operations/list-objects.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
} from './operations/multipart-upload.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './operations/object-tagging.ts';
import { postObject } from './operations/post-object.ts';
import { putObject } from './operations/put-object.ts';
import { uploadPart, uploadPartCopy } from './operations/upload-part.ts';
import type { S3Operation } from './s3-call.ts';

/** What is served of S3. */
export const operations: Readonly<Record<S3OperationName, S3Operation>> = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteBucketConfiguration: deleteBucketConfiguration,
  DeleteObject: deleteObject,
  DeleteObjectTagging: deleteObjectTagging,
  DeleteObjects: deleteObjects,
  GetAcl: getAcl,
  GetBucketConfiguration: getBucketConfiguration,
  GetBucketLocation: getBucketLocation,
  GetBucketPolicyStatus: getBucketPolicyStatus,
  GetObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PostObject: postObject,
  PutAcl: putAcl,
  PutBucketConfiguration: putBucketConfiguration,
  PutObject: putObject,
  PutObjectTagging: putObjectTagging,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
};
