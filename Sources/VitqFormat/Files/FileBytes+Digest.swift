extension FileBytes {
  /// The SHA-256 digest of the file, in lower-case hexadecimal digits.
  ///
  /// Gives the memory of what it has read back, so that no more than a piece of the file is resident.
  package func hexDigest() -> String {
    var hash = SHA256()
    let pieceByteCount = 8 << 20
    for start in stride(from: 0, to: count, by: pieceByteCount) {
      let piece = start..<min(start + pieceByteCount, count)
      unsafe withUnsafeBytes(in: piece) { unsafe hash.update($0) }
      releasePages(in: piece)
    }
    return hash.hexDigest()
  }
}
