/** The door to what the server of a home has: its claim, and the credentials that are made for the home and its jobs. */
export { homeCredentials, jobSecret } from './home-credentials.ts';
export { type CredentialsSource, claimHomeServer, findHomeServer, type HomeServer } from './home-server.ts';
export { tokenHolder } from './job-credentials.ts';
export { homeServerAccess } from './server-access.ts';
export { readSession, sessionCredentials } from './session-credentials.ts';
