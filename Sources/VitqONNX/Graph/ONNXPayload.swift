import VitqCheckpoints
import VitqFormat

/// The elements of a tensor as they lie in a mapped file, checked but not yet decoded.
///
/// Decoding gives the pages back that it touched, so that converting a model does not hold the whole file
/// and all its weights in memory at once.
package struct ONNXPayload: Sendable {
  package let elementType: ONNXElementType
  package let elementCount: Int
  private let file: FileBytes
  private let range: Range<Int>

  /// Little-endian elements of `elementType` that fill `range` of `file`.
  init(_ elementType: ONNXElementType, _ file: FileBytes, _ range: Range<Int>) {
    precondition(range.count % elementType.byteCount == 0, "\(range) of \(elementType)")
    self.elementType = elementType
    elementCount = range.count / elementType.byteCount
    self.file = file
    self.range = range
  }

  /// The elements as FP32, or `nil` if they are not floating-point numbers.
  func floats() -> [Float]? {
    let format: FloatFormat
    switch elementType {
    case .float: format = .binary32
    case .double: format = .binary64
    case .float16: format = .binary16
    case .bfloat16: format = .bfloat16
    case .uint8, .int8, .int32, .int64, .boolean: return nil
    }
    defer { file.releasePages(in: range) }
    return unsafe file.withUnsafeBytes(in: range) { unsafe format.floats(in: $0) }
  }

  /// The elements, or `nil` if they are not whole numbers.
  func integers() -> [Int]? {
    switch elementType {
    case .uint8: integers(of: UInt8.self)
    case .int8: integers(of: Int8.self)
    case .int32: integers(of: Int32.self)
    case .int64: integers(of: Int64.self)
    case .float, .double, .float16, .bfloat16, .boolean: nil
    }
  }

  private func integers<T: FixedWidthInteger & BitwiseCopyable>(of type: T.Type) -> [Int] {
    (0..<elementCount).map {
      Int(file.load(T.self, at: range.lowerBound + $0 * MemoryLayout<T>.size))
    }
  }
}

extension ONNXPayload: Equatable {
  /// Whether both are the same bytes of the same mapped file.
  package static func == (a: ONNXPayload, b: ONNXPayload) -> Bool {
    a.file === b.file && a.range == b.range && a.elementType == b.elementType
  }
}
