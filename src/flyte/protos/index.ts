export { loadProtos, type MessageCodec, messageCodec } from './load-protos.ts';
