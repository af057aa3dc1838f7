// Written by scripts/generate-model.mjs from botocore 1.44.8, sts/2011-06-15. Do not edit.
import type { ServiceModel } from './service-model.ts';

export const stsModel = {
  targetPrefix: "",
  operations: {
    GetCallerIdentity: {"input":"GetCallerIdentityRequest","output":["UserId","Account","Arn"]},
  },
  otherOperations: [
    'AssumeRole',
    'AssumeRoleWithSAML',
    'AssumeRoleWithWebIdentity',
    'AssumeRoot',
    'DecodeAuthorizationMessage',
    'GetAccessKeyInfo',
    'GetDelegatedAccessToken',
    'GetFederationToken',
    'GetScopedCredentials',
    'GetSessionToken',
    'GetWebIdentityToken',
  ],
  shapes: {
    GetCallerIdentityRequest: {"type":"structure","members":{}},
  },
} as const satisfies ServiceModel;
