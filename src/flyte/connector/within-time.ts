import { SluiceError } from '../../core/errors.ts';

/** What a promise comes to, if it does in time; it goes on all the same. @throws SluiceError `ServerUnavailable` */
export async function withinTime<Value>(limitMs: number, what: string, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new SluiceError('ServerUnavailable', `${what} took longer than ${limitMs / 1000} s.`));
  }, limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
