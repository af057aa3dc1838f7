import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { SluiceError, systemErrorCode } from '../core/errors.ts';

/** A name beside a file, for its bytes until they are whole. Short enough for a name of 255 bytes. */
export function partPath(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 40)}.${randomUUID().slice(0, 8)}.part`);
}

/** What went wrong while an object came into a file, naming both. */
export function transferError(error: unknown, bucket: string, key: string, path: string): unknown {
  const code = systemErrorCode(error);
  const object = `s3://${bucket}/${key}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SluiceError('DiskFull', `There is no room left for ${object} at ${path}.`, { cause: error });
  }
  if (code === 'EFBIG') {
    return new SluiceError('DiskFull', `${object} is too large for ${path}.`, {
      cause: error,
      hint: 'The file system, or the limit of the process (ulimit -f), does not allow a file of this size.',
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new SluiceError('AccessDenied', `${object} cannot be brought to ${path}: it cannot be written.`, {
      cause: error,
    });
  }
  if (['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG'].includes(code ?? '')) {
    return new SluiceError('InvalidArgument', `${object} cannot become the file ${path}: ${code}.`, {
      cause: error,
      hint: 'A file system cannot hold a file and a directory of one name, nor a name of more than 255 bytes.',
    });
  }
  return error;
}
