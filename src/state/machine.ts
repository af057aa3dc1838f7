import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { bootId } from './process-identity.ts';

/** The machine that this process runs on, as far as it tells whose processes can be seen from here. */
export interface Machine {
  /** For people: its name, which may change. */
  readonly host: string;
  /** Stays through boots and names; empty where the system has none. */
  readonly machine: string;
  /** Of this boot. */
  readonly boot: string;
  /** Processes of another one, as of another container, are not seen. */
  readonly namespace: string;
}

let found: Machine | undefined;

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  found ??= { host: hostname(), machine: machineId(), boot: bootId(), namespace: processNamespace() };
  return found;
}

/** @see machine-id(5) */
function machineId(): string {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const id = textOf(() => readFileSync(path, 'latin1').trim());
    if (id !== '') return id;
  }
  return '';
}

/** @see pid_namespaces(7) */
function processNamespace(): string {
  return textOf(() => readlinkSync('/proc/self/ns/pid'));
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
