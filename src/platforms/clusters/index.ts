/** The door for whoever looks at a cluster, or at AWS Batch, without running jobs there. */
export { inspectBatch } from '../batch/inspect-batch.ts';
export { coreWeaveAccess } from '../coreweave/coreweave-access.ts';
export { findAccess } from '../kubernetes/client/find-access.ts';
export { type InspectedCluster, inspectCluster } from '../kubernetes/inspect-cluster.ts';
export { podS3 } from '../kubernetes/pod-store.ts';
export { openClusterEndpoints } from './open-cluster-endpoints.ts';
