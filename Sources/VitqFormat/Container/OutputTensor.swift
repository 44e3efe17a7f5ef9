/// A tensor to be written: its name, type and shape, and its bytes in pieces.
///
/// Pieces are made when they are written, so that a large model needs no second copy in memory.
@safe
package struct OutputTensor {
  package let name: String
  package let type: StorageType
  package let shape: [Int]
  let pieceCount: Int
  private let piece:
    (Int, (UnsafeRawBufferPointer) throws(FileError) -> Void) throws(FileError)
      -> Void

  /// FP32 elements, row-major.
  package init(_ name: String, _ elements: [Float], shape: [Int]) {
    self.init(name, type: .f32, shape: shape, pieceCount: 1) { _ in elements }
  }

  /// Bytes that are elements of `type`, little-endian, row-major.
  package init(_ name: String, bytes: [UInt8], type: StorageType = .u8, shape: [Int]) {
    self.init(name, type: type, shape: shape, pieceCount: 1) { _ in bytes }
  }

  /// Elements that `piece` makes, one run after another.
  ///
  /// - Parameters:
  ///   - name: Unique in the file; see ``SafetensorsFile/Limit``.
  ///   - type: The type of the elements as they are stored.
  ///   - shape: The extent of each axis, outermost first.
  ///   - pieceCount: How often `piece` is called.
  ///   - piece: Run number i of the elements, or of their bytes; all runs together fill `shape`.
  package init<Element: BitwiseCopyable>(
    _ name: String, type: StorageType, shape: [Int], pieceCount: Int,
    piece: @escaping (Int) -> [Element]
  ) {
    #if !_endian(little)
      #error("elements are written as they lie in memory: the host must be little-endian")
    #endif
    self.name = name
    self.type = type
    self.shape = shape
    self.pieceCount = pieceCount
    unsafe self.piece = { (index, body) throws(FileError) in
      let elements = piece(index)
      let result: Result<Void, FileError> = unsafe elements.withUnsafeBytes { bytes in
        do throws(FileError) {
          return .success(try unsafe body(bytes))
        } catch {
          return .failure(error)
        }
      }
      try result.get()
    }
  }

  /// The number of bytes that ``type`` and ``shape`` ask for.
  package var byteCount: Int {
    guard let count = type.byteCount(shape: shape) else {
      preconditionFailure("tensor '\(name)' of shape \(shape) has too many bytes")
    }
    return count
  }

  /// Calls `body` with each piece in turn.
  func forEachPiece(
    _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    var written = 0
    for index in 0..<pieceCount {
      try unsafe piece(index) { (bytes) throws(FileError) in
        written += bytes.count
        try unsafe body(bytes)
      }
    }
    precondition(
      written == byteCount, "tensor '\(name)': \(written) bytes given, \(byteCount) expected")
  }
}
