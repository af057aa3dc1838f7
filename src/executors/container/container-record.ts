import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineCommand } from './engine-command.ts';

/** What is known of a container beside its directory, so that whoever finds the directory can remove the container. */
export interface ContainerRecord {
  readonly engine: EngineCommand;
  readonly name: string;
  readonly network?: string | undefined;
}

const FILE = 'container.json';
/** conmon, Podman's monitor, makes it in its working directory when a container has run out of memory. */
const OUT_OF_MEMORY_FILE = 'oom';

/** The directory of a container's record, beside the directory that it has as `/opt/ml`; the engine works in it. */
export function recordDirectory(mlDirectory: string): string {
  return `${mlDirectory}.container`;
}

/** Keeps a record before the container is made. */
export function writeRecord(mlDirectory: string, { engine, name, network }: ContainerRecord): void {
  const directory = recordDirectory(mlDirectory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { kind, program } = engine;
  writeFileSync(join(directory, FILE), JSON.stringify({ engine: { kind, program }, name, network }));
}

/** The record beside a directory, if there is one. */
export function readRecord(mlDirectory: string): ContainerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(recordDirectory(mlDirectory), FILE), 'utf8')) as ContainerRecord;
  } catch {
    // None, or one that was cut off before its container was made.
    return undefined;
  }
}

/** Whether the engine's monitor has seen the container run out of memory. */
export function ranOutOfMemory(mlDirectory: string): boolean {
  return existsSync(join(recordDirectory(mlDirectory), OUT_OF_MEMORY_FILE));
}

/** The container is gone. */
export function removeRecord(mlDirectory: string): void {
  rmSync(recordDirectory(mlDirectory), { recursive: true, force: true });
}
