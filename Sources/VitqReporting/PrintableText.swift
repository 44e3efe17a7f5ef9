extension Unicode.Scalar {
  /// The scalar, or its number if it is a control character or turns the direction of text, so that
  /// no name from a file can move a cursor or hide what stands beside it.
  package var printable: String {
    let isHidden =
      value < 0x20 || (0x7F...0x9F).contains(value) || (0x202A...0x202E).contains(value)
      || (0x2066...0x2069).contains(value)
    return isHidden ? "\\u{" + String(value, radix: 16) + "}" : String(self)
  }
}
