/** A request that is turned away before any service sees it. */
export class DoorError extends Error {
  readonly status: 400 | 403;
  readonly code: 'AccessDenied' | 'InvalidRequest';

  constructor(message: string, status: 400 | 403 = 403) {
    super(message);
    this.status = status;
    this.code = status === 403 ? 'AccessDenied' : 'InvalidRequest';
  }
}
