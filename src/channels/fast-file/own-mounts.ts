import { readProcessStat } from '../../core/process-table.ts';
import { FILE_SYSTEM_TYPE } from './mount-system.ts';

/** A mount of Sluice's, as the system lists it. */
export interface OwnMount {
  readonly directory: string;
  /** {@link mountSource} of the process that serves it. */
  readonly source: string;
  /** `0:57` */
  readonly device: string;
  /** Whether the process that serves it is there. */
  readonly served: boolean;
}

/** What names this process as the one that serves a mount. */
export function mountSource(): string {
  return `${mountsOf(process.pid)}${readProcessStat(process.pid)?.startTicks}`;
}

/** How {@link mountSource} begins for a process. */
export function mountsOf(pid: number): string {
  return `sluice:${pid}:`;
}

/** Sluice's mounts. @param mountInfo the text of /proc/self/mountinfo */
export function ownMounts(mountInfo: string): OwnMount[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', , directory = ''] = before.split(' ');
    const [type, source = ''] = after.split(' ');
    if (type !== FILE_SYSTEM_TYPE) return [];
    const [, pid, started] = source.split(':');
    return [
      {
        directory: unescapePath(directory),
        source,
        device,
        served: readProcessStat(Number(pid))?.startTicks === started,
      },
    ];
  });
}

/** Spaces and the like stand there as octal numbers of their bytes. */
function unescapePath(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
