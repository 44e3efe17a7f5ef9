package import VitqTensor

/// A file of named tensors: the weights of a model as somebody else stored them.
///
/// Archives are untrusted. Opening one checks its whole structure, so that afterwards a lookup can
/// fail only by its name, its element type or its values.
package protocol TensorArchive: Sendable {
  /// The tensors in file order, with prefixes that training tools add already removed from the
  /// names; see ``WeightNames``. Names are unique.
  var entries: [ArchiveEntry] { get }

  /// The text stored beside the tensors, by key.
  ///
  /// A configuration file of the model is under ``ArchiveMetadata/configuration``.
  var metadata: [String: String] { get }

  /// How many tensors each floating-point format has.
  var formatCounts: [FloatFormat: Int] { get }

  /// The elements of a tensor, as FP32 and all finite.
  ///
  /// - Throws: ``ArchiveError`` naming the tensor if there is none of that name, if its elements
  ///   are not floating-point numbers of at most 64 bits, or if one of them is not finite.
  func tensor(_ name: String) throws(ArchiveError) -> Tensor
}

/// A tensor of an archive.
package struct ArchiveEntry: Hashable, Sendable {
  package let name: String
  package let shape: Shape

  package init(name: String, shape: Shape) {
    self.name = name
    self.shape = shape
  }
}

/// The keys of ``TensorArchive/metadata`` with a fixed meaning.
package enum ArchiveMetadata {
  /// The text of timm's `config.json`.
  package static let configuration = "config.json"
}

extension TensorArchive {
  package var formatCounts: [FloatFormat: Int] { [:] }

  /// Says which tensors are converted to FP32, one line for each format.
  package var conversionNotes: [String] {
    formatCounts.filter { $0.key != .binary32 }.sorted { $0.key.name < $1.key.name }.map {
      format, count in
      "\(count) \(count == 1 ? "tensor" : "tensors") of \(format.name) converted to F32"
    }
  }

  /// Refuses elements of which one is NaN or infinite.
  package func checkFinite(_ elements: [Float], of name: String) throws(ArchiveError) {
    guard let index = elements.firstIndex(where: { !$0.isFinite }) else { return }
    throw .nonFinite(tensor: name, index: index, value: elements[index])
  }
}
