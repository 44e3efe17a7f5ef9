package import VitqFormat
package import VitqTensor

/// The weights of a `.safetensors` file, as FP32.
///
/// F32, F16, BF16 and F64 elements can be read; 64-bit ones are rounded to the nearest FP32 number,
/// the others are exact. Tensors of whole numbers, such as `relative_position_index`, are listed but
/// cannot be read.
package struct SafetensorsArchive: TensorArchive {
  package let entries: [ArchiveEntry]
  package let metadata: [String: String]
  private let file: SafetensorsFile
  private let stored: [String: StoredTensor]

  /// An archive of the tensors of `file`.
  ///
  /// - Parameters:
  ///   - file: An open file.
  ///   - configuration: The text of the `config.json` beside the file, if there is one.
  /// - Throws: ``ArchiveError/duplicateName(_:originals:)``.
  package init(_ file: SafetensorsFile, configuration: String? = nil) throws(ArchiveError) {
    var metadata = file.metadata
    if let configuration { metadata[ArchiveMetadata.configuration] = configuration }
    try self.init(file, file.tensors, metadata)
  }

  /// An archive of the weights of a `.vitq` file of kind `graph`; its metadata are the attributes.
  ///
  /// - Throws: ``ArchiveError/duplicateName(_:originals:)``.
  package init(_ model: ModelFile) throws(ArchiveError) {
    try self.init(model.container, model.tensors, model.header.attributes)
  }

  private init(
    _ file: SafetensorsFile, _ tensors: [StoredTensor], _ metadata: [String: String]
  ) throws(ArchiveError) {
    let names = try WeightNames.normalized(tensors.map(\.name))
    self.file = file
    self.metadata = metadata
    stored = Dictionary(uniqueKeysWithValues: zip(names, tensors))
    entries = zip(names, tensors).map { ArchiveEntry(name: $0, shape: Shape($1.shape)) }
  }

  package var formatCounts: [FloatFormat: Int] {
    stored.values.reduce(into: [:]) { counts, tensor in
      if let format = FloatFormat(tensor.type) { counts[format, default: 0] += 1 }
    }
  }

  package func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    guard let stored = stored[name] else { throw .noSuchTensor(name) }
    guard let format = FloatFormat(stored.type) else {
      throw .unsupportedElementType(tensor: name, found: stored.type.rawValue)
    }
    let elements = unsafe file.withUnsafeBytes(of: stored) { unsafe format.floats(in: $0) }
    // So that converting a model does not hold the whole file and all its weights in memory at once.
    file.bytes.releasePages(in: stored.range)
    try checkFinite(elements, of: name)
    return Tensor(Shape(stored.shape), elements)
  }
}
