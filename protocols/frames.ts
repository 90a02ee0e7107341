import { assert, DecodeError, Reader, Writer } from '../src/base/index.js'
import { FRAME_MESSAGE_COUNT_MAX } from './limits.js'

/** How one protocol's frames are made: a frame is `repeated Message messages = 1`, a message is one `oneof`. */
export interface FrameCodec<Message> {
  /** A frame's bytes at most, checked before anything is decoded and after everything was encoded. */
  readonly frameSizeBytesMax: number
  /** Bytes after which a turn's messages go on in another frame. */
  readonly frameSizeBytesTarget: number
  /** About how many bytes `write` will write; a good guess saves copies. */
  sizeGuess (message: Message): number
  /** Writes the fields of the message's kind and returns nothing; the frame and the `oneof` are around it. */
  write (writer: Writer, message: Message): void
  /** The field number of the message's kind in the `oneof`. */
  kindField (message: Message): number
  /** The decoder of each kind by its field number. Undefined is a message that only a newer version understands. */
  readonly decoders: ReadonlyArray<((reader: Reader) => Message | undefined) | undefined>
}

const MESSAGES = 1
/** Bytes of tags and lengths around one message at most, for guesses. */
const ENVELOPE_SIZE_BYTES = 12

function writeMessage<Message> (codec: FrameCodec<Message>, writer: Writer, message: Message): void {
  const sizeGuess = codec.sizeGuess(message)
  const envelope = writer.begin(MESSAGES, sizeGuess)
  const body = writer.begin(codec.kindField(message), sizeGuess)
  codec.write(writer, message)
  writer.end(body)
  writer.end(envelope)
}

function writerFor<Message> (codec: FrameCodec<Message>, messages: readonly Message[], sizeBytesMax: number): Writer {
  let size = 0
  for (const message of messages) size += codec.sizeGuess(message) + ENVELOPE_SIZE_BYTES
  return new Writer(size < sizeBytesMax ? size : sizeBytesMax)
}

/** All messages in one frame. Asserts that they fit: `encodeFrames` is for those that may not. */
export function encodeFrame<Message> (codec: FrameCodec<Message>, messages: readonly Message[]): Buffer {
  assert(messages.length <= FRAME_MESSAGE_COUNT_MAX, 'more messages than a frame may hold')
  const writer = writerFor(codec, messages, codec.frameSizeBytesMax)
  for (const message of messages) writeMessage(codec, writer, message)
  assert(writer.length <= codec.frameSizeBytesMax, 'more bytes than a frame may hold')
  return writer.finish()
}

/**
 * All messages in their order, in as few frames as hold them: a frame ends where the next message would take it over
 * the target size or the count. What peers ask for decides how much there is to say, so this never asserts on the sum;
 * one message alone fits a frame by the limits of its parts. No message, no frame.
 */
export function encodeFrames<Message> (codec: FrameCodec<Message>, messages: readonly Message[]): Buffer[] {
  const frames: Buffer[] = []
  let writer = writerFor(codec, messages, codec.frameSizeBytesTarget)
  let count = 0
  for (const message of messages) {
    const before = writer.length
    writeMessage(codec, writer, message)
    assert(writer.length - before <= codec.frameSizeBytesMax, 'a message with more bytes than a frame may hold')
    count++
    if (count > 1 && (writer.length > codec.frameSizeBytesTarget || count > FRAME_MESSAGE_COUNT_MAX)) {
      const bytes = writer.finish()
      frames.push(bytes.subarray(0, before))
      writer = new Writer(bytes.length - before)
      writer.raw(bytes.subarray(before))
      count = 1
    }
  }
  if (count > 0) frames.push(writer.finish())
  return frames
}

/** The messages of a frame in their order, without those that only a newer version understands. @throws {DecodeError} */
export function decodeFrame<Message> (codec: FrameCodec<Message>, payload: Uint8Array): Message[] {
  if (payload.length > codec.frameSizeBytesMax) throw new DecodeError(`a frame of ${payload.length} bytes`)
  const reader = new Reader(payload)
  const messages: Message[] = []
  let count = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== MESSAGES) {
      reader.skip()
      continue
    }
    count++
    if (count > FRAME_MESSAGE_COUNT_MAX) throw new DecodeError(`more than ${FRAME_MESSAGE_COUNT_MAX} messages in a frame`)
    const message = decodeOneof(codec.decoders, reader.message())
    if (message !== undefined) messages.push(message)
  }
  return messages
}

/** The one known field of a `oneof`; undefined where there is none. @throws {DecodeError} where there are two */
export function decodeOneof<Message> (
  decoders: ReadonlyArray<((reader: Reader) => Message | undefined) | undefined>,
  reader: Reader
): Message | undefined {
  let message: Message | undefined
  let known = false
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const decode = decoders[field]
    if (decode === undefined) {
      reader.skip()
      continue
    }
    if (known) throw new DecodeError('two kinds in one message')
    known = true
    message = decode(reader.message())
  }
  return message
}
