/** UTF-8, which the isolate has not; as much of it as the bundled libraries use. */
export class TextEncoder {
  encode(text: string): Uint8Array {
    const bytes: number[] = [];
    for (const character of text.toWellFormed()) {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return Uint8Array.from(bytes);
  }
}

/** The libraries give it whole and valid UTF-8 only. */
export class TextDecoder {
  decode(bytes: Uint8Array): string {
    let text = "";
    for (let at = 0; at < bytes.length;) {
      const first = bytes[at] ?? 0;
      const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      let code = length === 1 ? first : first & (0xff >> (length + 1));
      for (const byte of bytes.subarray(at + 1, at + length)) code = (code << 6) | (byte & 63);
      text += String.fromCodePoint(code);
      at += length;
    }
    return text;
  }
}
