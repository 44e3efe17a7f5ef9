package import VitqImage
import VitqOps

/// A model of timm's whose name says what its state dict does not.
package struct ArchitectureEntry: Sendable, Equatable {
  package let name: String
  package let size: Size
  /// P, in pixels.
  package let patchSide: Int
  package let traits: ModelTraits
  /// That of the weights that timm loads for the bare name.
  package let preprocessing: Preprocessing

  /// Width C, number of blocks and number of heads.
  package struct Size: Sendable, Equatable {
    package let width: Int
    package let depth: Int
    package let headCount: Int

    init(_ width: Int, _ depth: Int, _ headCount: Int) {
      (self.width, self.depth, self.headCount) = (width, depth, headCount)
    }
  }

  /// Mean and standard deviation of the channels in the weights' training.
  enum Statistics {
    case imageNet
    case half
    case clip
    case identity

    var values: (mean: [Float], deviation: [Float]) {
      switch self {
      case .imageNet: ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      case .half: ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
      case .clip:
        ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
      case .identity: ([0, 0, 0], [1, 1, 1])
      }
    }
  }

  /// A row of the table; what it leaves out is what timm's vision transformers have by default.
  init(
    _ name: String, _ size: Size, patch: Int, input: Int, _ statistics: Statistics, crop: Double,
    epsilon: Float = 1e-6, activation: GELU.Form = .erf, pooling: ModelTraits.Pooling = .token,
    interpolation: Preprocessing.Interpolation = .bicubic
  ) {
    self.name = name
    self.size = size
    patchSide = patch
    traits = ModelTraits(
      headCount: size.headCount, epsilon: epsilon, activation: activation, pooling: pooling)
    preprocessing = Preprocessing(
      inputHeight: input, inputWidth: input, cropFraction: crop, interpolation: interpolation,
      mean: statistics.values.mean, standardDeviation: statistics.values.deviation)
  }
}
