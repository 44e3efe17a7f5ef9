import VitqCheckpoints
import VitqTensor
import VitqTestSupport

/// A state dict in memory, so that a test can damage it.
struct ArchiveInMemory: TensorArchive {
  var tensors: [(name: String, tensor: Tensor)]
  var metadata: [String: String]

  var entries: [ArchiveEntry] {
    tensors.map { ArchiveEntry(name: $0.name, shape: $0.tensor.shape) }
  }

  func tensor(_ name: String) throws(ArchiveError) -> Tensor {
    guard let tensor = tensors.first(where: { $0.name == name })?.tensor else {
      throw .noSuchTensor(name)
    }
    try checkFinite(tensor.elements, of: name)
    return tensor
  }

  subscript(name: String) -> Tensor? {
    get { tensors.first { $0.name == name }?.tensor }
    set {
      tensors.removeAll { $0.name == name }
      if let newValue { tensors.append((name, newValue)) }
    }
  }
}

extension ArchiveInMemory {
  /// The tensors of `fixtures/goldens/<name>.safetensors`; those of whole numbers, which nothing
  /// reads, become zeros.
  static func golden(_ name: String) throws -> ArchiveInMemory {
    let archive = try HubFolder.open(Fixtures.path("goldens/\(name).safetensors"))
    return ArchiveInMemory(
      tensors: try archive.entries.map { entry in
        do throws(ArchiveError) {
          return (entry.name, try archive.tensor(entry.name))
        } catch .unsupportedElementType {
          return (entry.name, Tensor(zeros: entry.shape))
        }
      },
      metadata: archive.metadata)
  }

  /// The configuration with a part of its text replaced.
  mutating func configure(_ old: String, _ new: String) {
    let text = metadata["config"] ?? ""
    precondition(text.contains(old), "\(old) in \(text)")
    metadata["config"] = text.split(separator: old, omittingEmptySubsequences: false)
      .joined(separator: new)
  }
}
