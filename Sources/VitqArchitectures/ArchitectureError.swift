package import VitqCheckpoints
package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Why weights and a configuration do not make a model.
package enum ArchitectureError: Error, Equatable {
  case configurationTooLarge(byteCount: Int, limit: Int)
  /// No JSON, or JSON that no configuration needs.
  case malformedConfiguration(JSONDefect, byteOffset: Int)
  case configurationValue(key: String, expected: String, found: String)
  case missingConfiguration(key: String)
  /// The `config.json` of another library.
  case foreignConfiguration(library: String)
  /// The file says one thing and the caller another.
  case conflict(quantity: String, given: String, found: String)
  /// The state dict says one thing and the configuration another.
  case contradiction(quantity: String, configuration: String, tensors: String)
  case unknownArchitecture(String)
  /// A name of a family that no builder has.
  case unsupportedArchitecture(String, family: String)
  /// No name is given, and these fit the tensors.
  case ambiguousArchitecture(candidates: [String])
  case unsupported(quantity: String, found: String, supported: String)
  /// A tensor of a part that no builder has.
  case unsupportedPart(tensor: String, part: String)
  case noClassifier
  case missingTensor(String, expected: Shape?)
  case leftOverTensor(String, found: Shape)
  case wrongShape(tensor: String, expected: Shape, found: Shape)
  /// Position embeddings for another number of patches than the image has.
  case positionEmbedding(expected: Shape, found: Shape, height: Int, width: Int, patch: Int)
  /// A relative position bias table that no square window on the stage's grid has.
  case biasTable(tensor: String, found: Shape, rows: Int, columns: Int)
  case outOfRange(quantity: String, range: ClosedRange<Int>, found: Int)
  case indivisible(quantity: String, value: Int, by: String, divisor: Int)
  /// A graph that does not say where one of its parts is.
  case missingLandmark(Landmark)
  case labelCount(classes: Int, labels: Int)
  case archive(ArchiveError)
  case graph(GraphError)
}

extension ArchitectureError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .configurationTooLarge(let byteCount, let limit):
      "configuration: too long: expected at most \(limit) bytes, found \(byteCount)"
    case .malformedConfiguration(let defect, let byteOffset):
      "configuration: malformed at byte \(byteOffset): \(defect)"
    case .configurationValue(let key, let expected, let found):
      "configuration key '\(key)': expected \(expected), found \(found)"
    case .missingConfiguration(let key):
      "configuration key '\(key)': missing. pass timm's config.json, or the name of the "
        + "architecture with --arch"
    case .foreignConfiguration(let library):
      "configuration: not timm's: found one of \(library). export the model from timm with "
        + "fixtures/make/export_timm.py"
    case .conflict(let quantity, let given, let found):
      "\(quantity): given as '\(given)', but the file says '\(found)'"
    case .contradiction(let quantity, let configuration, let tensors):
      "\(quantity): the configuration says \(configuration), the tensors say \(tensors)"
    case .unknownArchitecture(let name):
      "architecture '\(name)': not known, so heads, epsilon and activation are not either. "
        + "export the model with fixtures/make/export_timm.py, which writes them into the file, "
        + "or pass a known name with --arch"
    case .unsupportedArchitecture(let name, let family):
      "architecture '\(name)': \(family) is not supported: expected \(Self.supported)"
    case .ambiguousArchitecture(let candidates):
      candidates.isEmpty
        ? "architecture: not given, and no known one fits the tensors. pass a name with --arch"
        : "architecture: not given, and these fit the tensors: "
          + candidates.joined(separator: ", ") + ". pass one with --arch"
    case .unsupported(let quantity, let found, let supported):
      "\(quantity): not supported: expected \(supported), found \(found)"
    case .unsupportedPart(let tensor, let part):
      "tensor '\(tensor)': \(part) is not supported: expected \(Self.supported)"
    case .noClassifier:
      "classifier: missing: expected the tensor 'head.weight', or 'head.fc.weight' of a Swin "
        + "Transformer. the file holds a feature extractor"
    case .missingTensor(let name, let expected?):
      "tensor '\(name)': missing: expected shape \(expected)"
    case .missingTensor(let name, nil): "tensor '\(name)': missing"
    case .leftOverTensor(let name, let found):
      "tensor '\(name)': has no place in the model: found shape \(found)"
    case .wrongShape(let tensor, let expected, let found):
      "tensor '\(tensor)': wrong shape: expected \(Self.pattern(expected)), found \(found)"
    case .positionEmbedding(let expected, let found, let height, let width, let patch):
      "tensor 'pos_embed': wrong shape: expected \(expected) for an image of \(height) × \(width) "
        + "pixels in patches of \(patch), found \(found). export the model at its input size"
    case .biasTable(let tensor, let found, let rows, let columns):
      "tensor '\(tensor)': wrong shape: expected [(2 × window − 1)², heads] of a window on a grid of "
        + "\(rows) × \(columns) tokens, found \(found). export the model at its input size"
    case .outOfRange(let quantity, let range, let found):
      "\(quantity): out of range: expected \(range.lowerBound) to \(range.upperBound), "
        + "found \(found)"
    case .indivisible(let quantity, let value, let by, let divisor):
      "\(quantity): expected a multiple of \(by) (\(divisor)), found \(value)"
    case .missingLandmark(let landmark): "graph: landmark '\(landmark)': missing"
    case .labelCount(let classes, let labels):
      "labels: expected \(classes), one for each class, found \(labels)"
    case .archive(let error): error.description
    case .graph(let error): error.description
    }
  }

  /// A shape in which 0 stands for any extent.
  private static func pattern(_ shape: Shape) -> String {
    let extents = shape.dimensions.map { $0 == 0 ? "any" : "\($0)" }
    return "[\(extents.joined(separator: ", "))]"
  }

  /// The families that the importer builds.
  private static let supported =
    "a ViT, DeiT or Swin Transformer of timm's, see 'vitq models'"
}
