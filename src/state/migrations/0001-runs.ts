import type { Migration } from '../migrate.ts';

/** Runs of workflows, their nodes, and the events of everything. Times are milliseconds since 1970. */
export const runs: Migration = {
  name: 'runs',
  up: [
    // Ids grow as long as the newest event stays; AUTOINCREMENT would write one more page with each commit.
    `CREATE TABLE events (
      id INTEGER PRIMARY KEY,
      time INTEGER NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      type TEXT NOT NULL,
      data TEXT
    )`,
    // Events of nodes are many; they lie behind their run's own first event, and are found from there.
    "CREATE INDEX events_by_subject ON events (subject, id) WHERE kind <> 'node'",
    // Runs of one workflow share its graph.
    'CREATE TABLE graphs (hash TEXT PRIMARY KEY, graph TEXT NOT NULL)',
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY,
      workflow TEXT NOT NULL,
      file TEXT,
      phase TEXT NOT NULL,
      graph_hash TEXT NOT NULL REFERENCES graphs (hash),
      node_count INTEGER NOT NULL,
      inputs TEXT NOT NULL,
      options TEXT NOT NULL,
      outputs TEXT,
      error TEXT,
      owner_pid INTEGER,
      owner_start TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      ended_at INTEGER
    )`,
    'CREATE INDEX runs_by_creation ON runs (created_at, id)',
    // A node has a row once it has left NotYetStarted. `node` is its position in the graph.
    `CREATE TABLE nodes (
      run TEXT NOT NULL REFERENCES runs (id),
      node INTEGER NOT NULL,
      phase TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      system_failures INTEGER NOT NULL,
      job TEXT,
      outputs TEXT,
      error TEXT,
      detail TEXT,
      started_at INTEGER,
      ended_at INTEGER,
      PRIMARY KEY (run, node)
    ) WITHOUT ROWID`,
  ],
};
