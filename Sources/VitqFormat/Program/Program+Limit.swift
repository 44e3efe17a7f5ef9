extension Program {
  /// What a program may ask for at most, so that a damaged file cannot ask for everything.
  package enum Limit {
    /// Pixels along a side of the image.
    package static let imageSide = 4096
    package static let bufferCount = 16_384
    package static let instructionCount = 16_384
    package static let rows = 65_536
    package static let columns = 1 << 20
    /// The bytes of all buffers together, each row rounded up to 64 bytes.
    package static let arenaByteCount = 1 << 30
    package static let patchSide = 256
  }
}

extension Program.ElementType {
  package var byteCount: Int { self == .f32 ? 4 : 1 }
}

extension Program.Buffer {
  /// The bytes of the rows, each rounded up to 64 bytes; sides are within ``Program/Limit``.
  package var paddedByteCount: Int { rows * ((columns * type.byteCount + 63) / 64 * 64) }
}
