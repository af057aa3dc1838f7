// Written by scripts/generate-model.mjs from botocore 1.44.8, sagemaker-runtime/2017-05-13. Do not edit.
import type { ServiceModel } from './service-model.ts';

export const runtimeModel = {
  targetPrefix: "",
  operations: {
    InvokeEndpoint: {"input":"InvokeEndpointInput","output":["Body","ContentType","InvokedProductionVariant","CustomAttributes","NewSessionId","ClosedSessionId"],"errors":["InternalFailure","ServiceUnavailable","ValidationError","ModelError","InternalDependencyException","ModelNotReadyException"]},
    InvokeEndpointWithResponseStream: {"input":"InvokeEndpointWithResponseStreamInput","output":["Body","ContentType","InvokedProductionVariant","CustomAttributes"],"errors":["InternalFailure","ServiceUnavailable","ValidationError","ModelError","ModelStreamError","InternalStreamFailure"]},
  },
  otherOperations: [
    'InvokeEndpointAsync',
  ],
  shapes: {
    BodyBlob: {"type":"blob","max":6291456,"sensitive":true},
    CustomAttributesHeader: {"type":"string","max":1024,"pattern":"\\p{ASCII}*","sensitive":true},
    EnableExplanationsHeader: {"type":"string","min":1,"max":64,"pattern":".*"},
    EndpointName: {"type":"string","max":63,"pattern":"^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
    Header: {"type":"string","max":1024,"pattern":"\\p{ASCII}*"},
    InferenceComponentHeader: {"type":"string","max":63,"pattern":"^[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?$"},
    InferenceId: {"type":"string","min":1,"max":64,"pattern":"\\A\\S[\\p{Print}]*\\z"},
    InvokeEndpointInput: {"type":"structure","members":{"EndpointName":"EndpointName","Body":"BodyBlob","ContentType":"Header","Accept":"Header","CustomAttributes":"CustomAttributesHeader","TargetModel":"TargetModelHeader","TargetVariant":"TargetVariantHeader","TargetContainerHostname":"TargetContainerHostnameHeader","InferenceId":"InferenceId","EnableExplanations":"EnableExplanationsHeader","InferenceComponentName":"InferenceComponentHeader","SessionId":"SessionIdOrNewSessionConstantHeader","PrefixAwareId":"PrefixAwareIdHeader"},"required":["EndpointName","Body"]},
    InvokeEndpointWithResponseStreamInput: {"type":"structure","members":{"EndpointName":"EndpointName","Body":"BodyBlob","ContentType":"Header","Accept":"Header","CustomAttributes":"CustomAttributesHeader","TargetVariant":"TargetVariantHeader","TargetContainerHostname":"TargetContainerHostnameHeader","InferenceId":"InferenceId","InferenceComponentName":"InferenceComponentHeader","SessionId":"SessionIdHeader","PrefixAwareId":"PrefixAwareIdHeader"},"required":["EndpointName","Body"]},
    PrefixAwareIdHeader: {"type":"string","min":1,"max":64,"pattern":"\\A\\S[\\p{Print}]*\\z"},
    SessionIdHeader: {"type":"string","max":256,"pattern":"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$"},
    SessionIdOrNewSessionConstantHeader: {"type":"string","max":256,"pattern":"^(NEW_SESSION)$|^[a-zA-Z0-9](-*[a-zA-Z0-9])*$"},
    TargetContainerHostnameHeader: {"type":"string","max":63,"pattern":"^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
    TargetModelHeader: {"type":"string","min":1,"max":1024,"pattern":"\\A\\S[\\p{Print}]*\\z"},
    TargetVariantHeader: {"type":"string","max":63,"pattern":"^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
  },
} as const satisfies ServiceModel;
