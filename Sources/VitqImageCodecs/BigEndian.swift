extension Collection where Element == UInt8, Index == Int {
  /// The number in `count` bytes at `offset` from the start, most significant first.
  ///
  /// `nil` where the bytes are not all there. `count` is at most 4.
  func bigEndian(at offset: Int, count byteCount: Int) -> Int? {
    guard offset >= 0, byteCount <= count, offset <= count - byteCount else { return nil }
    let start = startIndex + offset
    return self[start..<start + byteCount].reduce(0) { $0 << 8 | Int($1) }
  }
}
