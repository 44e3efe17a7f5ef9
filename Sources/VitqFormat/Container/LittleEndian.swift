extension [UInt8] {
  /// Appends the bytes of an integer, the least significant one first.
  package mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Appends the bits of numbers in IEEE 754 binary32, the least significant byte of each first.
  package mutating func append(littleEndian values: [Float]) {
    for value in values { append(littleEndian: value.bitPattern) }
  }
}
