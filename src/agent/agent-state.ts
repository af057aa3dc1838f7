import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScannedFile } from '../channels/index.ts';
import { isDiskFull } from '../hosts/index.ts';

/** An upload that failed while the job ran. */
export interface KeptFailure {
  readonly name: string;
  readonly code?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the agent's containers on one host leave for each other, by the name of its file. */
interface AgentState {
  /** Checkpoints that need no upload. */
  readonly checkpoints: readonly ScannedFile[];
  /** Somebody feeds, or has begun to. */
  readonly feeding: true;
  /** Feeding has ended. */
  readonly fed: {
    /** The FailureReason of a channel that could not be fed. */
    readonly failureReason?: string | undefined;
    readonly uploads: readonly KeptFailure[];
  };
  /** The user's container is being ended. */
  readonly stopping: true;
}

/** What a full disk has not taken, by file: a container of the agent that feeds and collects needs none for it. */
const unwritten = new Map<string, unknown>();

/** Keeps a state in the agent's own directory, whole or not at all; on a full disk for this process alone. */
export function keepState<Name extends keyof AgentState>(
  directory: string,
  name: Name,
  value: AgentState[Name],
): void {
  const path = stateFile(directory, name);
  try {
    writeFileSync(`${path}.part`, JSON.stringify(value), { mode: 0o600 });
    renameSync(`${path}.part`, path);
    unwritten.delete(path);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    unwritten.set(path, value);
  }
}

/** What was kept; undefined where nothing was. */
export function readState<Name extends keyof AgentState>(
  directory: string,
  name: Name,
): AgentState[Name] | undefined {
  const path = stateFile(directory, name);
  if (unwritten.has(path)) return unwritten.get(path) as AgentState[Name];
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as AgentState[Name]) : undefined;
}

function stateFile(directory: string, name: string): string {
  return join(directory, `${name}.json`);
}
