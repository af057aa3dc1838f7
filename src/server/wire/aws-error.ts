/** An error as a service of AWS answers it. `Sender` errors have status 400 where nothing else is said. */
export class AwsError extends Error {
  /** `ValidationException`, `ResourceInUse`, … */
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}

/** What SageMaker answers to a request that breaks a rule. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
