package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Why a model was not quantized.
package enum QuantizationError: Error, Equatable {
  case unsupportedBits(role: String, expected: ClosedRange<Int>, found: Int)
  case unsupportedPercentiles([Double])
  case unusableNumber(name: String, found: Double)
  /// A fit that gives each output a step was asked for with one step for a layer.
  case affineFitOfOneScale
  case noImages
  case imageShape(index: Int, expected: Shape, found: Shape)
  /// Normalisation was not folded: no patch embedding reads the image.
  case noPatchEmbedding
  /// A value is infinite or not a number: of an image, which counts from 0, or a constant if `nil`.
  case notFinite(node: String, image: Int?)
  /// No landmarks divide the model into blocks that are learned one after another.
  case noBlocks
  /// The loss of a block became infinite or not a number.
  case diverged(node: String, iteration: Int)
  case graph(GraphError)
  /// The caller wants no result any more.
  case cancelled
  case journal(JournalError)
  case damagedState(path: String, detail: String)
}

extension QuantizationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupportedBits(let role, let expected, let found):
      "bits of \(role): expected \(expected.lowerBound) to \(expected.upperBound), found \(found)"
    case .unsupportedPercentiles(let found):
      "percentiles: expected numbers above 0.5 and at most 1, found \(found)"
    case .unusableNumber(let name, let found):
      "\(name): expected a finite number above 0, found \(found)"
    case .affineFitOfOneScale:
      "affine output fit: expected weight scales per-channel, found per-tensor"
    case .noImages: "calibration images: expected at least 1, found 0"
    case .imageShape(let index, let expected, let found):
      "calibration image \(index): expected shape \(expected), found \(found)"
    case .noPatchEmbedding:
      "graph: expected one linear layer on patches of the image, found none"
    case .notFinite(let node, let image):
      "node '\(node)': infinite or not a number"
        + (image.map { " on calibration image \($0)" } ?? "")
    case .noBlocks:
      "graph: expected blocks that read one value each, found none"
    case .diverged(let node, let iteration):
      "node '\(node)': loss infinite or not a number in iteration \(iteration)"
    case .graph(let error): error.description
    case .cancelled: "quantization: cancelled"
    case .journal(let error): error.description
    case .damagedState(let path, let detail):
      "\(path): damaged state of a learner: \(detail); remove the file to learn its part again"
    }
  }
}
