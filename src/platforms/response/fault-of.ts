/**
 * Whose fault a FailureReason tells of.
 *
 * Source: the AWS developer guide (AlgorithmError, ClientError, InternalServerError) and the words of real jobs:
 * `CapacityError: Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.`
 * Gaps: there is no list of all FailureReasons; what is not known here is the user's, so that nothing is repeated for
 * ever that cannot succeed.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/common-info-all-im-models.html
 */

/** What SageMaker could not do, at the beginning alone: an algorithm may write any text after `AlgorithmError: `. */
const SYSTEM =
  /^(?:InternalServerError|InternalFailure|CapacityError|InsufficientInstanceCapacity|Throttling(?:Exception)?|ServiceUnavailable(?:Exception)?)\b|^(?:ClientError: )?Unable to provision requested ML compute capacity/;

/** That there was no machine for the job. */
const CAPACITY =
  /^(?:CapacityError|InsufficientInstanceCapacity)\b|^(?:ClientError: )?Unable to provision requested ML compute capacity/;

/** Whether a failure says that there was no room for the job: another place may have some. */
export function isCapacityFailure(failureReason: string): boolean {
  return CAPACITY.test(failureReason);
}

/** Whose fault a failure is: another try may help where it is the system's. */
export function faultOf(failureReason: string): 'user' | 'system' {
  return SYSTEM.test(failureReason) ? 'system' : 'user';
}
