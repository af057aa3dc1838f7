/** The door of the server: the port, its services, and who may use them. */
export { type Authorize, authorizeWith } from './access/authorize.ts';
export { createKeyring } from './access/create-keyring.ts';
export { createIamGate } from './access/iam-gate.ts';
export { isOpen } from './access/is-open.ts';
export { createJobKeyring } from './access/job-keyring.ts';
export { createAwsApi } from './aws-api.ts';
export type { Tls } from './http-listener.ts';
export { RoleStore } from './identity/role-store.ts';
export { AccessLog } from './operating/access-log.ts';
export { collectHomeMetrics } from './operating/home-metrics.ts';
export { collectLeaseMetrics } from './operating/lease-metrics.ts';
export { createPeerService } from './peers/peer-service.ts';
export { createRunsApi, type RunsApi } from './runs/runs-api.ts';
export type {
  LogLineBody,
  RunBody,
  RunEventBody,
  RunSummaryBody,
  WorkflowVersionBody,
} from './runs/schemas.ts';
export { type RunningServer, serve } from './serve.ts';
export type { Keyring } from './wire/keyring.ts';
