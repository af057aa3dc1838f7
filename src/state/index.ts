export type { Database, SqlRow, SqlValue, Statements } from './database.ts';
export { type EventFilter, listEvents, type StateEvent } from './list-events.ts';
export { type OpenDatabaseOptions, openDatabase } from './open-database.ts';
export { currentProcess, identifyProcess, isProcessAlive, type ProcessIdentity } from './process-identity.ts';
export { type NewEvent, recordEvents } from './record-events.ts';
export { isUniqueViolation } from './sqlite-error.ts';
