import CVitqONNX

/// The structure of a model as libprotobuf-c gives it; freed when it goes out of scope.
@safe
struct UnpackedModel: ~Copyable {
  private let message: UnsafeMutablePointer<Vitq__Onnx__ModelProto>

  /// Unpacks what a scan has checked.
  ///
  /// - Throws: ``ONNXError/limitExceeded(quantity:limit:found:)`` if it takes too much memory, which
  ///   is all that can go wrong after a scan.
  init(_ scan: ONNXScan) throws(ONNXError) {
    let limit = ONNXLimits.memoryByteCount
    let bytes = scan.structure
    let message = unsafe vitq_onnx_unpack(bytes, bytes.count, limit)
    guard let message = unsafe message else {
      throw .limitExceeded(
        quantity: "bytes of memory for the graph", limit: limit, found: limit + 1)
    }
    unsafe self.message = message
  }

  deinit { unsafe vitq_onnx_free(message) }

  /// The model; valid as long as the instance.
  var root: Vitq__Onnx__ModelProto { unsafe message.pointee }
}

/// The messages of a repeated field.
func messages<T>(
  _ start: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?, _ count: Int
) -> [T] {
  let messages = unsafe UnsafeBufferPointer(start: start, count: count)
  return unsafe messages.compactMap { unsafe $0?.pointee }
}

/// The text of an optional field; empty where it is absent.
func text(_ start: UnsafeMutablePointer<CChar>?) -> String {
  guard let start = unsafe start else { return "" }
  return unsafe String(cString: start)
}

/// The texts of a repeated field.
func texts(_ start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int) -> [String] {
  let texts = unsafe UnsafeBufferPointer(start: start, count: count)
  return unsafe texts.map { unsafe text($0) }
}

/// The numbers of a repeated field.
func numbers<T>(_ start: UnsafeMutablePointer<T>?, _ count: Int) -> [T] {
  let numbers = unsafe UnsafeBufferPointer(start: start, count: count)
  return unsafe [T](numbers)
}
