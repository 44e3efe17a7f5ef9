package import VitqFormat

/// The tensors a program reads, where they lie in memory.
@safe
package struct ProgramConstants: Sendable {
  private let bytes: FileBytes
  private let ranges: [String: Range<Int>]

  /// The tensors of an open file.
  package init(_ file: SafetensorsFile) {
    bytes = file.bytes
    ranges = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.range) })
  }

  /// Tensors that are not in a file, each in the bytes it would have there.
  package init(_ tensors: [String: [UInt8]]) {
    var all: [UInt8] = []
    var ranges: [String: Range<Int>] = [:]
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      ranges[name] = all.count..<all.count + tensor.count
      all += tensor
      all += [UInt8](repeating: 0, count: -tensor.count & 63)
    }
    bytes = FileBytes(all)
    self.ranges = ranges
  }

  /// Whether the file that holds them was cut short or written to since it was opened.
  var haveChanged: Bool { bytes.hasChanged }

  /// All tensors, and what else is in their file.
  var memory: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: bytes.baseAddress, count: bytes.count)
  }

  /// The address of a constant of exactly `byteCount` bytes, valid as long as the instance.
  func address(
    of constant: Program.Constant, byteCount: Int
  ) throws(RuntimeError) -> UnsafeRawPointer {
    guard let range = ranges[constant.name] else {
      throw RuntimeError(.unsupportedProgram, "tensor '\(constant.name)': missing")
    }
    guard range.count == byteCount else {
      throw RuntimeError(
        .unsupportedProgram,
        "tensor '\(constant.name)': wrong size: expected \(byteCount) bytes, found \(range.count)")
    }
    guard range.lowerBound % 64 == 0 else {
      throw RuntimeError(
        .unsupportedProgram,
        "tensor '\(constant.name)': not on a 64-byte boundary: found offset \(range.lowerBound)")
    }
    return unsafe bytes.baseAddress + range.lowerBound
  }
}
