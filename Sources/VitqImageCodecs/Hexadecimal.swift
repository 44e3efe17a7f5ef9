extension Sequence<UInt8> {
  /// Two digits for each byte, which no terminal can take for a command.
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
