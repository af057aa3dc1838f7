/**
 * BillableTimeInSeconds: whole seconds from the start of training to its end, a begun one counted whole. It is
 * the wall-clock time of one instance.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */
export function billableTimeInSeconds(start: Date, end: Date): number {
  return Math.max(0, Math.ceil((end.getTime() - start.getTime()) / 1000));
}

/** What SageMaker bills for: the billable time times the number of instances, in seconds. */
export function billedInstanceSeconds(start: Date, end: Date, instanceCount: number): number {
  return billableTimeInSeconds(start, end) * instanceCount;
}
