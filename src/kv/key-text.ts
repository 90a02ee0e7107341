/** A key's bytes as a string, one character each: a Map's key. */
export function keyText (key: Uint8Array): string {
  const buffer = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return buffer.toString('latin1')
}
