/// Bounds on what one file may ask for, far above any vision transformer.
///
/// Together they bound the memory of the graph, weights left aside, to about 100 MB.
enum ONNXLimits {
  static let nodeCount = 20_000
  /// Fields of any kind in the file, read or not.
  static let visitedFieldCount = 8_000_000
  /// Fields that are read: each name, number, node, ….
  static let fieldCount = 600_000
  static let messageCount = 200_000
  /// Bytes of what is read, elements of tensors left aside.
  static let byteCount = 16 << 20
  /// What libprotobuf-c may allocate for it.
  static let memoryByteCount = 48 << 20
  static let tensorCount = 16_384
  static let attributesOfNode = 64
  static let operandsOfNode = 1_024
  static let rank = 8
  static let elementCount = 1 << 31
  static let nameByteCount = 1_024
  /// Larger tensors stay in the file until somebody reads them.
  static let eagerByteCount = 4_096
}
