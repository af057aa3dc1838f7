import { type FilteredSyscalls, filteredSyscalls } from './syscalls.ts';

/**
 * The filter of system calls that every job has, as the kernel's classic BPF program.
 *
 * @see https://docs.kernel.org/userspace-api/seccomp_filter.html
 */

/** Opcodes of classic BPF: load a word, compare, return. */
const LOAD = 0x20;
const EQUAL = 0x15;
const GREATER = 0x25;
const GREATER_OR_EQUAL = 0x35;
const ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const REFUSE = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const EAFNOSUPPORT = 97;

/** Where a filter finds the number, the processor and an argument's low half. */
const NUMBER = 0;
const ARCH = 4;
const argument = (index: number) => 16 + 8 * index;

/** Calls of x86-64 with 32-bit pointers. */
const X32_BIT = 0x40000000;
/** Every flag of clone that asks for a namespace; the last one is unshare's. */
const NAMESPACES = 0x7e020000;
const TIME_NAMESPACE = 0x80;
/** Types what its caller wants into the terminal. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** Leads out of a virtual machine, past every network namespace. */
const AF_VSOCK = 40;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

const made = new Map<string, Buffer | undefined>();

/** The filter as bubblewrap reads it; undefined for a processor that no table is kept of. */
export function seccompFilter(arch: string = process.arch): Buffer | undefined {
  if (!made.has(arch)) {
    const calls = filteredSyscalls(arch);
    made.set(arch, calls && assemble(instructions(calls)));
  }
  return made.get(arch);
}

function instructions({ arch, last, denied, absent, unsupported, guarded }: FilteredSyscalls): Instruction[] {
  return [
    [LOAD, 0, 0, ARCH],
    [EQUAL, 1, 0, arch],
    refuse(ENOSYS),
    [LOAD, 0, 0, NUMBER],
    ...when(GREATER_OR_EQUAL, X32_BIT, ENOSYS),
    ...when(GREATER, last, ENOSYS),
    ...denied.flatMap((number) => when(EQUAL, number, EPERM)),
    ...absent.flatMap((number) => when(EQUAL, number, ENOSYS)),
    ...unsupported.flatMap((number) => when(EQUAL, number, EOPNOTSUPP)),
    ...guard(guarded.clone, 0, when(ANY_BIT, NAMESPACES, EPERM)),
    ...guard(guarded.unshare, 0, when(ANY_BIT, NAMESPACES | TIME_NAMESPACE, EPERM)),
    ...guard(guarded.ioctl, 1, [...when(EQUAL, TIOCSTI, EPERM), ...when(EQUAL, TIOCLINUX, EPERM)]),
    ...guard(guarded.socket, 0, when(EQUAL, AF_VSOCK, EAFNOSUPPORT)),
    [RETURN, 0, 0, ALLOW],
  ];
}

function when(comparison: number, value: number, errno: number): Instruction[] {
  return [[comparison, 0, 1, value], refuse(errno)];
}

/** One call, judged by an argument. */
function guard(number: number, index: number, rules: readonly Instruction[]): Instruction[] {
  const body: Instruction[] = [[LOAD, 0, 0, argument(index)], ...rules, [RETURN, 0, 0, ALLOW]];
  return [[EQUAL, 0, body.length, number], ...body];
}

function refuse(errno: number): Instruction {
  return [RETURN, 0, 0, REFUSE | errno];
}

/** Both processors are little-endian. */
function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, whenTrue, whenFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
