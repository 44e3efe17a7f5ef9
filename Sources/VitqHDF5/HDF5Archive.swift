import CVitqHDF5
package import VitqCheckpoints
package import VitqTensor

/// The weights in an HDF5 file (see formats/hdf5.md).
///
/// `init` checks every object of the file, so that afterwards a lookup can fail only by its name,
/// its element type or its values. The file is untrusted: no object outside it is ever opened,
/// and memory is bounded before it is allocated.
///
/// Groups count as parts of a name: the dataset `blocks/0/attn/qkv/weight` is the tensor
/// `blocks.0.attn.qkv.weight`.
package struct HDF5Archive: TensorArchive {
  package let entries: [ArchiveEntry]
  package let metadata: [String: String]
  private let file: HDF5File
  private let datasets: [String: HDF5Dataset]

  /// The attribute of the root group that holds the configuration.
  private static let configurationAttribute = "config"

  /// Opens and checks a file.
  ///
  /// - Throws: ``HDF5Error``, naming the object at fault where there is one.
  package init(path: String) throws(HDF5Error) {
    let file = try HDF5File(path: path)
    let (found, attributes) = try HDF5Library.exclusively { () throws(HDF5Error) in
      try Self.contents(of: file.handle, byteCount: file.byteCount)
    }
    let names = found.map { dataset in
      WeightNames.normalized(String(dataset.path.map { $0 == "/" ? "." : $0 }))
    }
    var paths: [String: String] = [:]
    for (name, dataset) in zip(names, found) {
      if let other = paths.updateValue(dataset.path, forKey: name) {
        throw .duplicateName(name, originals: [other, dataset.path])
      }
    }
    entries = zip(names, found).map { ArchiveEntry(name: $0, shape: $1.shape) }
    datasets = Dictionary(uniqueKeysWithValues: zip(names, found))
    var metadata = attributes
    metadata[ArchiveMetadata.configuration] = metadata.removeValue(
      forKey: Self.configurationAttribute)
    self.metadata = metadata
    self.file = file
  }

  package var formatCounts: [FloatFormat: Int] {
    datasets.values.reduce(into: [:]) { counts, dataset in
      guard case .float(let byteCount) = dataset.elementType else { return }
      let format: FloatFormat = byteCount == 2 ? .binary16 : byteCount == 8 ? .binary64 : .binary32
      counts[format, default: 0] += 1
    }
  }

  package func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    guard let dataset = datasets[name] else { throw .noSuchTensor(name) }
    guard case .float = dataset.elementType else {
      throw .unsupportedElementType(
        tensor: name, found: "integer of \(dataset.elementType.byteCount) bytes")
    }
    let elements: [Float]
    do throws(HDF5Error) {
      elements = try HDF5Library.exclusively { () throws(HDF5Error) in
        try dataset.elements(in: file.handle, fileByteCount: file.byteCount)
      }
    } catch {
      throw .unreadable(tensor: name, reason: error.description)
    }
    try checkFinite(elements, of: name)
    return Tensor(dataset.shape, elements)
  }

  /// Everything that opening an archive reads.
  static func contents(
    of file: borrowing HDF5Handle, byteCount: Int
  ) throws(HDF5Error) -> (datasets: [HDF5Dataset], attributes: [String: String]) {
    let walk = try HDF5Walk(of: file, fileByteCount: byteCount)
    let attributes = try HDF5Attributes.text(of: file, required: [configurationAttribute])
    return (walk.datasets, attributes)
  }
}
