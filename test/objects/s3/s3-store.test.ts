import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import { describeObjectStore } from '../../conformance/object-store.ts';
import { startS3 } from '../../harness/s3-server.ts';

describeObjectStore('an S3 endpoint', async () => {
  const s3 = await startS3();
  const store = createS3Store({ endpoint: s3.url, credentials: s3.credentials });
  return {
    store,
    close: async () => {
      await store.close();
      await s3.close();
    },
  };
});
