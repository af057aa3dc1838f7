/** Whether it is AWS that answers there, which bills, and not what speaks its protocols. Absent: AWS. */
export function isAwsEndpoint(endpoint: string | undefined): boolean {
  return endpoint === undefined || /(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(new URL(endpoint).hostname);
}
