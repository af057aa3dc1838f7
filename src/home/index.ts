/** The door of the home: light, since what runs jobs is loaded when a home is opened. */
export { homeCredentials, jobSecret } from './access/home-credentials.ts';
export { tokenHolder } from './access/job-credentials.ts';
export { findJob } from './find-job.ts';
export { type CredentialsSource, claimHomeServer, findHomeServer, type HomeServer } from './home-server.ts';
export { JobKeeper } from './job-runner/job-keeper.ts';
export { jobTypes } from './job-types.ts';
export { killJobs } from './kill-jobs.ts';
export {
  type Home,
  type HomeContext,
  type HomePlatforms,
  type OpenHomeOptions,
  openHome,
} from './open-home.ts';
export { openState } from './open-state.ts';
