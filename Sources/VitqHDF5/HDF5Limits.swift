/// Bounds on what one file may ask for, far above any vision transformer.
enum HDF5Limits {
  static let linkCount = 16_384
  static let datasetCount = 8_192
  static let groupDepth = 32
  static let rank = 8
  static let elementCount = 1 << 34
  static let nameByteCount = 512
  static let attributeCount = 256
  static let attributeByteCount = 16 << 20
  static let filterCount = 4
  /// Elements may take this much memory whatever the file stores for them.
  static let freeByteCount = 64 << 20
  /// Beyond ``freeByteCount``, bytes of elements for each byte stored.
  static let inflation = 200
  /// A chunk is decompressed whole, even where the dataset is smaller.
  static let chunkByteCount = 16 << 20
}
