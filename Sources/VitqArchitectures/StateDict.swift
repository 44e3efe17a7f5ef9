import VitqCheckpoints
import VitqTensor

/// The names and shapes of a model's tensors.
struct StateDict: Sendable {
  /// In file order.
  let entries: [ArchiveEntry]
  private let shapes: [String: Shape]

  /// Tensors that training leaves behind and inference does not read.
  private static let ignored: Set<String> = ["mask_token"]

  init(_ entries: [ArchiveEntry]) {
    self.entries = entries.filter { !Self.ignored.contains($0.name) }
    shapes = Dictionary(self.entries.map { ($0.name, $0.shape) }) { first, _ in first }
  }

  func shape(_ name: String) -> Shape? { shapes[name] }
  func contains(_ name: String) -> Bool { shapes[name] != nil }

  /// The shape of a tensor without which nothing can be said about the model.
  ///
  /// - Parameters:
  ///   - name: The tensor.
  ///   - pattern: The expected extents, 0 for one that the tensor itself decides.
  /// - Returns: Its shape.
  /// - Throws: ``ArchitectureError`` if it is missing or of another shape.
  func required(_ name: String, like pattern: Shape) throws(ArchitectureError) -> Shape {
    guard let shape = shapes[name] else { throw .missingTensor(name, expected: nil) }
    let fits = zip(shape.dimensions, pattern.dimensions).allSatisfy { found, expected in
      expected == 0 ? found > 0 : found == expected
    }
    guard shape.rank == pattern.rank, fits else {
      throw .wrongShape(tensor: name, expected: pattern, found: shape)
    }
    return shape
  }

  /// Checks that the tensors are exactly `parameters`.
  ///
  /// - Throws: ``ArchitectureError`` naming the first of `parameters` that is missing or has
  ///   another shape, else the first tensor of the file that is left over.
  func check(against parameters: [ArchiveEntry]) throws(ArchitectureError) {
    for parameter in parameters {
      guard let found = shapes[parameter.name] else {
        throw .missingTensor(parameter.name, expected: parameter.shape)
      }
      guard found == parameter.shape else {
        throw .wrongShape(tensor: parameter.name, expected: parameter.shape, found: found)
      }
    }
    let names = Set(parameters.map(\.name))
    if let entry = entries.first(where: { !names.contains($0.name) }) {
      throw .leftOverTensor(entry.name, found: entry.shape)
    }
  }
}

/// Checks that a quantity that comes from a file is sane.
func checkRange(
  _ quantity: String, _ found: Int, _ range: ClosedRange<Int>
) throws(ArchitectureError) {
  guard range.contains(found) else {
    throw .outOfRange(quantity: quantity, range: range, found: found)
  }
}
