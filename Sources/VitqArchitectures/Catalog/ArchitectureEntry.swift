package import VitqImage
import VitqOps
import VitqTensor

/// A model of timm's whose name says what its state dict does not.
package struct ArchitectureEntry: Sendable, Equatable {
  package let name: String
  package let size: Size
  /// P, in pixels.
  package let patchSide: Int
  package let traits: ModelTraits
  /// The sides of the windows of each stage; empty for a plain transformer.
  package let windowSides: [Int]
  /// That of the weights that timm loads for the bare name.
  package let preprocessing: Preprocessing

  /// Width C of the first stage, and the blocks and heads of each; a plain transformer has one
  /// stage.
  package struct Size: Sendable, Equatable {
    package let width: Int
    package let depths: [Int]
    package let headCounts: [Int]

    init(_ width: Int, _ depth: Int, _ headCount: Int) {
      (self.width, depths, headCounts) = (width, [depth], [headCount])
    }

    init(_ width: Int, _ depths: [Int], _ headCounts: [Int]) {
      (self.width, self.depths, self.headCounts) = (width, depths, headCounts)
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
    self.init(
      name, size, patch: patch,
      ModelTraits(
        attention: .global(headCount: size.headCounts[0]), epsilon: epsilon,
        activation: activation, pooling: pooling),
      windows: [],
      Self.preprocessing(input, crop: crop, statistics, interpolation))
  }

  /// A Swin Transformer.
  init(
    _ name: String, swin size: Size, windows: [Int], patch: Int, input: Int,
    _ statistics: Statistics, crop: Double, epsilon: Float = 1e-5,
    interpolation: Preprocessing.Interpolation = .bicubic
  ) {
    self.init(
      name, size, patch: patch,
      ModelTraits(
        attention: .windowed(ModelTraits.Windows()), epsilon: epsilon, activation: .erf,
        pooling: .average),
      windows: windows,
      Self.preprocessing(input, crop: crop, statistics, interpolation))
  }

  private init(
    _ name: String, _ size: Size, patch: Int, _ traits: ModelTraits, windows: [Int],
    _ preprocessing: Preprocessing
  ) {
    self.name = name
    self.size = size
    patchSide = patch
    self.traits = traits
    windowSides = windows
    self.preprocessing = preprocessing
  }

  private static func preprocessing(
    _ input: Int, crop: Double, _ statistics: Statistics,
    _ interpolation: Preprocessing.Interpolation
  ) -> Preprocessing {
    Preprocessing(
      inputHeight: input, inputWidth: input, cropFraction: crop, interpolation: interpolation,
      mean: statistics.values.mean, standardDeviation: statistics.values.deviation)
  }
}

extension ArchitectureEntry {
  package var family: ModelFamily { traits.family }
  package var depth: Int { size.depths.reduce(0, +) }

  /// The tokens that the patches of the image become; of a Swin Transformer, those of its first
  /// stage.
  package var patchCount: Int {
    (preprocessing.inputHeight / patchSide) * (preprocessing.inputWidth / patchSide)
  }

  /// The shapes of the relative position bias tables of each stage.
  var biasTables: [Shape] {
    var (rows, columns) = (
      preprocessing.inputHeight / patchSide, preprocessing.inputWidth / patchSide
    )
    return zip(windowSides, size.headCounts).map { side, headCount in
      let (window, _) = WindowSize(height: side, width: side)
        .placed(rows: rows, columns: columns, alwaysPartitions: false)
      (rows, columns) = ((rows + 1) / 2, (columns + 1) / 2)
      return [window.biasCount, headCount]
    }
  }
}
