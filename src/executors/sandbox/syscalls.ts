/**
 * What a job has no use for: the kernel's keys and modules, its clock, mounts and namespaces, other ways to look into
 * the machine, and large young interfaces in which holes are found again and again. Numbers on x86-64 and on arm64;
 * -1 where there is none.
 *
 * @see the default profile of Docker and Podman, which refuses the same to a container without capabilities
 */
const DENIED: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  create_module: [174, -1],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  get_kernel_syms: [177, -1],
  init_module: [175, 105],
  ioperm: [173, -1],
  iopl: [172, -1],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  perf_event_open: [298, 241],
  pivot_root: [155, 41],
  query_module: [178, -1],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  uselib: [134, -1],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
};

/** What libraries try, and do otherwise where the kernel does not have it. */
const ABSENT: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  // Its flags lie in memory, where no filter sees them: the C library takes clone instead.
  clone3: [435, 435],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
};

/**
 * What programs do without, as on a file system that has none: attributes are access lists, too, and those of the machine's
 * devices, which root's job owns, would outlive it.
 */
const UNSUPPORTED: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  fremovexattr: [199, 16],
  fsetxattr: [190, 7],
  lremovexattr: [198, 15],
  lsetxattr: [189, 6],
  removexattr: [197, 14],
  removexattrat: [466, 466],
  setxattr: [188, 5],
  setxattrat: [463, 463],
};

/** What is allowed but for one argument. */
const GUARDED: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  clone: [56, 220],
  ioctl: [16, 29],
  socket: [41, 198],
  unshare: [272, 97],
};

/** The calls of a processor, by what becomes of them. */
export interface FilteredSyscalls {
  readonly arch: number;
  readonly last: number;
  readonly denied: readonly number[];
  readonly absent: readonly number[];
  readonly unsupported: readonly number[];
  readonly guarded: Readonly<Record<'clone' | 'ioctl' | 'socket' | 'unshare', number>>;
}

/** The last number that was looked at: Linux 6.17's. */
const LAST = 469;

/** What is filtered on a processor; undefined for one that no table is kept of. Pure. */
export function filteredSyscalls(arch: string): FilteredSyscalls | undefined {
  const column = arch === 'x64' ? 0 : arch === 'arm64' ? 1 : undefined;
  if (column === undefined) return undefined;
  const numbers = (table: typeof DENIED) =>
    Object.values(table)
      .map((each) => each[column])
      .filter((number) => number >= 0);
  return {
    arch: column === 0 ? 0xc000003e : 0xc00000b7,
    last: LAST,
    denied: numbers(DENIED),
    absent: numbers(ABSENT),
    unsupported: numbers(UNSUPPORTED),
    guarded: Object.fromEntries(
      Object.entries(GUARDED).map(([name, each]) => [name, each[column]]),
    ) as FilteredSyscalls['guarded'],
  };
}
