package import VitqFormat
import VitqTensor

/// Where the images come from that a model is calibrated with.
package enum ImageSource: Equatable, Sendable {
  /// Made from the model alone.
  case synthesis(SynthesisOptions)
  /// At most `limit` images of a folder, drawn by the seed, in the order of their names: not data-free.
  case folder(String, limit: Int, seed: UInt64)

  /// The name in reports and recipes.
  package var name: String {
    switch self {
    case .synthesis(let options): options.method.rawValue
    case .folder: "images"
    }
  }
}

/// How images are made from a model alone.
package enum SynthesisMethod: String, CaseIterable, Sendable {
  /// SARDFQ: attention priors, several classes in an image, soft labels.
  case sardfq
  /// PSAQ-ViT: the entropy of the similarity of patches, a class.
  case psaq
  /// PSAQ-ViT V2: PSAQ-ViT's entropy, and the disagreement with a quantized student that learns.
  case psaqV2 = "psaq-v2"
  /// Sparse model inversion without its sparsity: a class.
  case smiDense = "smi"
  /// Sparse model inversion: a class, on the patches that the model attends to.
  case smiSparse = "smi-sparse"
  /// Contrast of neighbouring patches: a reconstruction after CLAMP-ViT, whose generator was not
  /// published.
  case clamp
  /// Gaussian noise, not optimised.
  case noise

  /// Whether it is sparse model inversion, with or without its sparsity.
  var isInversion: Bool { self == .smiDense || self == .smiSparse }
}

/// What to synthesise; everything that a result depends on beside the model.
///
/// ``init(method:)`` gives the settings of a method's publication; a setting that a method does
/// not use has no effect.
package struct SynthesisOptions: Equatable, Sendable {
  package var method: SynthesisMethod
  /// The number of images; 32 in all publications.
  package var imageCount = 32
  /// The optimisation steps of each image.
  package var stepCount: Int
  package var seed: UInt64 = 0
  /// The largest learning rate; ``defaultLearningRate(isWindowed:)`` if `nil`.
  package var learningRate: Double?
  package var augmentation: Augmentation
  package var totalVariation: TotalVariationForm
  package var products = ProductFormat.f32
  /// SARDFQ's APA.
  package var attentionPriors = AttentionPriorOptions()
  /// SARDFQ's MSR.
  package var semanticReinforcement = SemanticReinforcementOptions()
  /// SARDFQ's SL.
  package var softLabels = SoftLabelOptions()
  /// PSAQ-ViT V2's student.
  package var student = StudentOptions()
  /// After how many steps an image is put down in the journal; changes no result.
  package var checkpointInterval = 100

  /// The settings of the method's publication: 1000 steps, 4000 for SMI, and 500 for PSAQ-ViT,
  /// whose images are as good then.
  package init(method: SynthesisMethod = .sardfq) {
    self.method = method
    switch method {
    // Its publication moves nothing; priors follow a shift by whole patches only, and the alignment
    // suffers.
    case .sardfq: (stepCount, augmentation, totalVariation) = (1000, .none, .target)
    case .psaq: (stepCount, augmentation, totalVariation) = (500, .jitterAndFlip, .target)
    case .psaqV2: (stepCount, augmentation, totalVariation) = (1000, .jitterAndFlip, .off)
    case .smiDense, .smiSparse:
      (stepCount, augmentation, totalVariation) = (4000, .jitterAndFlip, .minimize)
    case .clamp: (stepCount, augmentation, totalVariation) = (1000, .jitterAndFlip, .target)
    case .noise: (stepCount, augmentation, totalVariation) = (0, .none, .off)
    }
  }

  /// The folder with the real images whose attention is the prior, if the method uses such.
  package var referenceFolder: String? {
    guard method == .sardfq, attentionPriors.isOn, case .real(let folder) = attentionPriors.kind
    else { return nil }
    return folder
  }

  /// The largest learning rate of a method: 0.25 for SMI and for models of windows, else 0.2.
  package func defaultLearningRate(isWindowed: Bool) -> Double {
    switch method {
    case .smiDense, .smiSparse: 0.25
    default: isWindowed ? 0.25 : 0.2
    }
  }
}

/// How an image is moved before each step.
package enum Augmentation: String, CaseIterable, Sendable {
  case none
  /// A circular shift; attention priors move along by whole patches.
  case jitter
  /// A circular shift, and every second time a reflection left to right; priors are reflected too.
  case jitterAndFlip = "jitter-and-flip"
}

/// What becomes of the total variation of an image.
package enum TotalVariationForm: String, CaseIterable, Sendable {
  case off
  /// It is driven to a target that all images share: PSAQ-ViT's.
  case target
  /// It is made small: SMI's, and what SARDFQ's formula says.
  case minimize
}

/// What the matrices of the model are multiplied as; sums are FP32.
package enum ProductFormat: String, CaseIterable, Sendable {
  case f32
  case bf16

  /// Those that the CPU multiplies, the fastest last.
  package static let native = BF16Products.isNative ? [f32, bf16] : [f32]
}

/// SARDFQ's attention priors alignment.
package struct AttentionPriorOptions: Equatable, Sendable {
  /// What priors are.
  package enum Kind: Equatable, Sendable {
    case gaussianMixture
    /// Like the Gaussians, with densities that fall exponentially.
    case laplaceMixture
    /// The model's own attention to images of a folder, drawn by the seed: not data-free.
    case real(folder: String)
  }

  package var isOn = true
  package var kind = Kind.gaussianMixture
  /// The images that were drawn of the folder, of the kind `real`; empty before.
  ///
  /// The plan of a run states them, as its images depend on them and not on where they lie.
  package var references: [ModelHeader.Source] = []
  /// K_APA: a mixture has 1 to as many components.
  package var maximumComponents = 5
  /// S / L: the share of the blocks before the first that is aligned.
  package var firstBlockShare = 0.5
  /// Whether block l of L counts l / L; all count 1 otherwise.
  package var weighsByDepth = true
  /// α₁; ``AttentionPriors/defaultWeight(width:mean:isWindowed:)`` if `nil`.
  package var weight: Float?

  package init() {}
}

/// SARDFQ's multi-semantic reinforcement.
package struct SemanticReinforcementOptions: Equatable, Sendable {
  /// What the parts of an image are.
  package enum Geometry: String, CaseIterable, Sendable {
    /// Cells of the smallest square grid with ``maximumParts`` cells.
    case grid
    /// Rectangles of random size and place that do not overlap.
    case rectangles
  }

  /// Without it an image has one class and no part is trained.
  package var isOn = true
  /// K_MSR: an image has 1 to as many parts.
  package var maximumParts = 4
  package var geometry = Geometry.grid

  package init() {}
}

/// SARDFQ's soft-label learning.
package struct SoftLabelOptions: Equatable, Sendable {
  /// Without it the labels are one-hot.
  package var isOn = true
  /// ε₁ and ε₂: the lowest and the highest score of a wanted class; those of the others are in
  /// 0 … 1.
  package var lowestScore = 5.0
  package var highestScore = 10.0

  package init() {}
}

/// The quantized student of PSAQ-ViT V2 and the rhythm of the game.
package struct StudentOptions: Equatable, Sendable {
  package var weightBits = 4
  package var activationBits = 4
  /// Steps of the images in a cycle.
  package var imageSteps = 10
  /// Steps of the student in a cycle.
  package var studentSteps = 2
  package var learningRate = 1e-6

  package init() {}
}
