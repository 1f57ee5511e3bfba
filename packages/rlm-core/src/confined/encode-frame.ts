/** A frame as bytes: its length (uint32, little endian) and that many bytes of JSON. */
export function encodeFrame(frame: object): Buffer {
  const json = JSON.stringify(frame);
  const bytes = Buffer.byteLength(json);
  const encoded = Buffer.allocUnsafe(4 + bytes);
  encoded.writeUInt32LE(bytes, 0);
  encoded.write(json, 4);
  return encoded;
}
