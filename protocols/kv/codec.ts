import { unreachable } from '../../src/base/index.js'
import { decodeFrame, encodeFrame, encodeFrames } from '../frames.js'
import type { FrameCodec } from '../frames.js'
import { commandSizeGuess } from './commands.js'
import { KV_FRAME_SIZE_BYTES_MAX, KV_FRAME_SIZE_BYTES_TARGET } from './limits.js'
import type { KvMessage } from './messages.js'
import { readGet, readWrite, writeRequest } from './requests.js'
import {
  readDeleteResult, readExpired, readFailed, readMissing, readSetResult, readValueResponse, writeResponse
} from './responses.js'

const GET = 1
const WRITE = 2
const SET_RESULT = 3
const DELETE_RESULT = 4
const EXPIRED = 5
const VALUE = 6
const MISSING = 7
const FAILED = 8

function kindField (message: KvMessage): number {
  if (message.kind === 'request') return message.request.op === 'get' ? GET : WRITE
  const { response } = message
  switch (response.kind) {
    case 'value': return VALUE
    case 'missing': return MISSING
    case 'failed': return FAILED
    case 'result':
      switch (response.result.kind) {
        case 'set': return SET_RESULT
        case 'delete': return DELETE_RESULT
        case 'expired': return EXPIRED
        default: return unreachable(response.result)
      }
    default: return unreachable(response)
  }
}

function sizeGuess (message: KvMessage): number {
  if (message.kind === 'request') {
    const { request } = message
    return 48 + (request.op === 'get' ? request.key.length : commandSizeGuess(request.command))
  }
  const { response } = message
  if (response.kind === 'value') return 32 + response.value.length
  return response.kind === 'failed' ? 32 + response.reason.length : 24
}

const codec: FrameCodec<KvMessage> = {
  frameSizeBytesMax: KV_FRAME_SIZE_BYTES_MAX,
  frameSizeBytesTarget: KV_FRAME_SIZE_BYTES_TARGET,
  sizeGuess,
  write: (writer, message) => {
    if (message.kind === 'request') writeRequest(writer, message.request)
    else writeResponse(writer, message.response)
  },
  kindField,
  decoders: [
    undefined, readGet, readWrite, readSetResult, readDeleteResult, readExpired, readValueResponse, readMissing, readFailed
  ]
}

/** One frame of all these messages. Asserts that they fit; see `encodeKvFrames`. */
export const encodeKvFrame = (messages: readonly KvMessage[]): Buffer => encodeFrame(codec, messages)

/** As many frames as these messages take, whatever their number. */
export const encodeKvFrames = (messages: readonly KvMessage[]): Buffer[] => encodeFrames(codec, messages)

/** The messages of a frame; keys and values are views of it. @throws {DecodeError} */
export const decodeKvFrame = (payload: Uint8Array): KvMessage[] => decodeFrame(codec, payload)
