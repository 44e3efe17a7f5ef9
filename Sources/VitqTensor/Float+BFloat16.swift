extension Float {
  /// The nearest number whose lower half is 0, of two the even one; of a finite one that is too
  /// large, an infinity.
  package var roundedToBFloat16: Float {
    guard isFinite else { return self }
    let tie = bitPattern >> 16 & 1
    return Float(bitPattern: (bitPattern + 0x7FFF + tie) & 0xFFFF_0000)
  }
}
