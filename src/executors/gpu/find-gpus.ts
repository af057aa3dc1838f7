import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A GPU of this machine. */
export interface Gpu {
  /** Its device in `/dev`: `nvidia0`. */
  readonly device: string;
  /** Its place in the order of the PCI bus, from 0: how CUDA counts. */
  readonly index: number;
  /** `NVIDIA H100 80GB HBM3`, where the driver tells. */
  readonly model?: string | undefined;
}

/** NVIDIA's GPUs and their driver on this machine. */
export interface Gpus {
  readonly gpus: readonly Gpu[];
  /** `550.54.15`, where the driver tells. */
  readonly driver?: string | undefined;
  /** Devices that every user of a GPU needs, as paths below `/dev`. */
  readonly shared: readonly string[];
  /** Directories that hold the driver's libraries, first those that the loader looks into. */
  readonly libraries: readonly string[];
  /** Those of {@link libraries} that the loader does not look into by itself. */
  readonly unknownToLoader: readonly string[];
}

const GPU_DEVICE = /^nvidia(\d+)$/;
const SHARED_DEVICE = /^nvidia(?:ctl|-uvm|-uvm-tools|-modeset|-caps|-caps-imex-channels|-nvswitch.*)$/;
const DRIVER_LIBRARY = /^lib(?:cuda|nvidia-ml)\.so(?:\.|$)/;
/** Where the loader looks without being told, and where drivers are put beside. */
const LOADER_DIRECTORIES = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib/aarch64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];
const OTHER_DIRECTORIES = [
  '/usr/local/nvidia/lib64',
  '/usr/local/nvidia/lib',
  '/usr/lib/wsl/lib',
  '/run/opengl-driver/lib',
  '/home/kubernetes/bin/nvidia/lib64',
];

/**
 * Finds the GPUs by their devices, and the driver by its libraries: neither NVIDIA's tools nor `/proc/driver/nvidia`
 * have to be there.
 *
 * @param root where the machine's files are @default '/'
 * @param libraryPath LD_LIBRARY_PATH
 */
export function findGpus(root = '/', libraryPath = process.env['LD_LIBRARY_PATH'] ?? ''): Gpus {
  const devices = namesIn(join(root, 'dev'));
  const minors = devices.flatMap((name) => GPU_DEVICE.exec(name)?.[1] ?? []).map(Number);
  const known = driverGpus(root);
  const gpus = minors
    .map((minor) => ({ device: `nvidia${minor}`, minor, ...known.get(minor) }))
    .sort((a, b) => (a.bus ?? '').localeCompare(b.bus ?? '') || a.minor - b.minor)
    .map(({ device, model }, index) => ({ device, index, model }));
  const loader = [...LOADER_DIRECTORIES, ...configuredDirectories(root)];
  const others = [...OTHER_DIRECTORIES, ...libraryPath.split(':').filter((path) => path.startsWith('/'))];
  const holds = (path: string) => namesIn(join(root, path)).some((name) => DRIVER_LIBRARY.test(name));
  const loaded = unique(loader.filter(holds));
  const unknownToLoader = unique(others.filter((path) => !loaded.includes(path) && holds(path)));
  return {
    gpus,
    driver: driverVersion(root),
    shared: gpus.length > 0 ? devices.filter((name) => SHARED_DEVICE.test(name)).sort() : [],
    libraries: gpus.length > 0 ? [...loaded, ...unknownToLoader] : [],
    unknownToLoader: gpus.length > 0 ? unknownToLoader : [],
  };
}

let cached: Gpus | undefined;

/** The GPUs of this machine, looked for once. */
export function machineGpus(): Gpus {
  cached ??= findGpus();
  return cached;
}

/** What the driver tells of each GPU, by its minor number. */
function driverGpus(root: string): Map<number, { readonly bus: string; readonly model: string | undefined }> {
  const directory = join(root, 'proc/driver/nvidia/gpus');
  return new Map(
    namesIn(directory).flatMap((bus) => {
      const text = readText(join(directory, bus, 'information'));
      const minor = /^Device Minor:\s*(\d+)/m.exec(text)?.[1];
      const model = /^Model:\s*(.+?)\s*$/m.exec(text)?.[1];
      return minor === undefined ? [] : [[Number(minor), { bus, model }] as const];
    }),
  );
}

function driverVersion(root: string): string | undefined {
  const text = readText(join(root, 'proc/driver/nvidia/version'));
  return /Kernel Module[^\d\n]*(?:for \S+\s+)?(\d+(?:\.\d+)+)/.exec(text)?.[1];
}

/** The directories that `/etc/ld.so.conf` and its parts name. */
function configuredDirectories(root: string): string[] {
  const parts = namesIn(join(root, 'etc/ld.so.conf.d')).map((name) => `etc/ld.so.conf.d/${name}`);
  return ['etc/ld.so.conf', ...parts]
    .flatMap((path) => readText(join(root, path)).split('\n'))
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function namesIn(directory: string): string[] {
  try {
    return existsSync(directory) ? readdirSync(directory) : [];
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
