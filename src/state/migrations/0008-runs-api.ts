import type { Migration } from './migration.ts';

// By which door a run came, or was last carried on: 'server', or NULL for a command line.
const DOOR_OF_RUNS = "CREATE INDEX runs_of_servers ON runs (id) WHERE phase = 'Running' AND door = 'server'";
const KEYS_BY_RUN = 'CREATE INDEX run_keys_by_run ON run_keys (run)';
const VERSIONS_BY_CREATION =
  'CREATE INDEX workflow_versions_by_creation ON workflow_versions (created_at, name)';
const VERSIONS_BY_GRAPH = 'CREATE INDEX workflow_versions_by_graph ON workflow_versions (graph_hash)';

/** Runs that come over HTTP: whose they are, idempotency keys, registered workflows. Times are milliseconds since 1970. */
export const runsApi: Migration = {
  name: 'runs-api',
  sqlite: [
    'ALTER TABLE runs ADD COLUMN door TEXT',
    DOOR_OF_RUNS,
    // `fingerprint` is of what was asked for: the same key with another is refused.
    `CREATE TABLE run_keys (
      key TEXT PRIMARY KEY,
      fingerprint TEXT NOT NULL,
      run TEXT NOT NULL REFERENCES runs (id)
    )`,
    KEYS_BY_RUN,
    // Never changed.
    `CREATE TABLE workflow_versions (
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      graph_hash TEXT NOT NULL REFERENCES graphs (hash),
      created_at INTEGER NOT NULL,
      PRIMARY KEY (name, version)
    )`,
    VERSIONS_BY_CREATION,
    VERSIONS_BY_GRAPH,
  ],
  postgres: [
    'ALTER TABLE runs ADD COLUMN door TEXT COLLATE "C"',
    DOOR_OF_RUNS,
    `CREATE TABLE run_keys (
      key TEXT COLLATE "C" PRIMARY KEY,
      fingerprint TEXT COLLATE "C" NOT NULL,
      run TEXT COLLATE "C" NOT NULL REFERENCES runs (id)
    )`,
    KEYS_BY_RUN,
    `CREATE TABLE workflow_versions (
      name TEXT COLLATE "C" NOT NULL,
      version TEXT COLLATE "C" NOT NULL,
      graph_hash TEXT COLLATE "C" NOT NULL REFERENCES graphs (hash),
      created_at BIGINT NOT NULL,
      PRIMARY KEY (name, version)
    )`,
    VERSIONS_BY_CREATION,
    VERSIONS_BY_GRAPH,
  ],
};
